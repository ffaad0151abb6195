package jstack.diag;

/** The kind of thing that went wrong; the command line turns it into an exit code. */
public enum Failure {
  /** An operation on this machine failed. */
  OPERATION,
  /** The command line is wrong. */
  USAGE,
  /** The manifest is wrong. */
  MANIFEST,
  /** There is no manifest. */
  NO_MANIFEST,
  /** The host lacks a feature that the manifest asks for. */
  HOST,
  /** Another run holds the project. */
  LOCKED,
  /** A wait ran out of time. */
  TIMEOUT,
  /** A command could not be run in a container. */
  COULD_NOT_RUN,
  /** The command of a container cannot be invoked. */
  CANNOT_INVOKE,
  /** The command of a container does not exist. */
  COMMAND_NOT_FOUND,
  /** The user cancelled. */
  CANCELLED
}
