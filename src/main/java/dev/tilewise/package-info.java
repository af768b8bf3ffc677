/** Tensors, descriptions and plans: the public core. */
package dev.tilewise;
