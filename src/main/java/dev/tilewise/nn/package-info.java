/**
 * Layers and networks. {@link dev.tilewise.nn.Network#sequential} describes a network layer by
 * layer, {@link dev.tilewise.nn.NetworkBuilder#build} gives it memory and initial weights, {@link
 * dev.tilewise.nn.Network#predict} runs it, {@link dev.tilewise.nn.Training} holds what a training
 * step needs. Inside, everything is NHWC; weights cross the edge of the package in the order in
 * which frameworks keep them. Start with {@link dev.tilewise.nn.Network}.
 */
package dev.tilewise.nn;
