package jstack.program;

import jstack.diag.Origin;

/**
 * One instruction, the process that carries it out, and the line of the manifest that asked for it.
 */
public record Step(Phase phase, Origin origin, Instruction instruction) {}
