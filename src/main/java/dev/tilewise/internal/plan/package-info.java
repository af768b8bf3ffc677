/**
 * From a problem to the algorithm that computes it: candidates, each accepted at a cost or rejected
 * for a reason.
 */
package dev.tilewise.internal.plan;
