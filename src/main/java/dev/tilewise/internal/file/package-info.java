/**
 * Files for all packages that read and write some: {@code Target} is written as a whole, {@code
 * Reason} says in words why something failed.
 */
package dev.tilewise.internal.file;
