/**
 * The command line. {@link dev.tilewise.cli.Main} finds the libraries it needs, {@link
 * dev.tilewise.cli.Tilewise} is the list of commands, and each command is a class of its own.
 * Nothing else depends on this package.
 */
package dev.tilewise.cli;
