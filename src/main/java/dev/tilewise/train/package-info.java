/**
 * Losses, optimizers and the training loop. {@link dev.tilewise.train.Trainer#of} trains a network
 * on {@link dev.tilewise.train.Examples}; {@link dev.tilewise.train.Trainer#evaluate} counts what
 * it gets right. For a seed the result is the same on every machine and for every number of
 * threads. Start with {@link dev.tilewise.train.Trainer}.
 */
package dev.tilewise.train;
