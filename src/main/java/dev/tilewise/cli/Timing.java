package dev.tilewise.cli;

import dev.tilewise.Algorithm;
import dev.tilewise.ConvCase;

/**
 * The time of one algorithm on one case, measured by a {@link Comparison}, and the error of what it
 * computed.
 *
 * @param extents the case
 * @param algorithm what computed it
 * @param threads who
 * @param msMin shortest time of a run
 * @param msMedian median
 * @param gflops operations of direct convolution in the shortest time
 * @param peakGflops best sample of the peak of one core
 * @param ofPeak share of the peak of all threads, median
 * @param ofPeakMax the shortest time beside the best sample of the peak
 * @param maxError largest error found, relative to the scale of the output
 * @param errorBound what is proved
 * @param workspaceBytes scratch
 */
record Timing(
    ConvCase extents,
    Algorithm algorithm,
    int threads,
    double msMin,
    double msMedian,
    double gflops,
    double peakGflops,
    double ofPeak,
    double ofPeakMax,
    double maxError,
    double errorBound,
    long workspaceBytes) {}
