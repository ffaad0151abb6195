package jstack.cli;

import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

final class CompletionVerb implements Verb {
  private String shell = "bash";

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Print a completion script.",
            "bash and zsh: source <(jstack completion bash); in zsh after autoload bashcompinit")
        .word("0..1", "SHELL", "bash or zsh", value -> shell = value);
  }

  @Override
  public int run(Console console) {
    if (!shell.equals("bash") && !shell.equals("zsh")) {
      console.err().println("error: no completion for " + shell + "; bash and zsh have one");
      return ExitCode.USAGE;
    }
    CommandLine whole = new CommandLine(CommandSpec.create().name("jstack"));
    for (String verb : VerbTable.summaries().keySet()) {
      whole.addSubcommand(verb, Main.commandLine(verb, VerbTable.make(verb)));
    }
    console.out().print(AutoComplete.bash("jstack", whole));
    return ExitCode.DONE;
  }
}
