/**
 * Networks as directed acyclic graphs of operations, for inference: {@link
 * dev.tilewise.graph.GraphBuilder} describes one, {@link dev.tilewise.graph.Graph} is the
 * description, {@link dev.tilewise.graph.CompiledGraph} computes it. Start with {@link
 * dev.tilewise.graph.Graph#compile}.
 *
 * <p>Values have the extents that files give them, N x C x H x W for images. In memory the channels
 * come last; which value lies how is the compiler's business alone.
 */
package dev.tilewise.graph;
