/**
 * Reads ONNX files: {@link dev.tilewise.onnx.OnnxModel} makes a {@link dev.tilewise.graph.Graph} of
 * one. Needs {@code org.tribuo:tribuo-util-onnx}, which brings the messages of the format.
 *
 * <p>{@code ModelFile} turns a file into an {@code OnnxGraph}, which knows nothing of the format;
 * {@code Tracer} walks over its nodes, and {@code Operators} says what each does. Start with {@link
 * dev.tilewise.onnx.OnnxModel#load}.
 */
package dev.tilewise.onnx;
