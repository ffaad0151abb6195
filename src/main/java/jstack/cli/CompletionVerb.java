package jstack.cli;

import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "completion",
    description = {
      "Print a completion script.",
      "bash and zsh: source <(jstack completion bash); in zsh after autoload bashcompinit"
    })
final class CompletionVerb implements Verb {
  @Command(name = "jstack")
  static final class Whole {}

  @Parameters(paramLabel = "SHELL", description = "bash or zsh", defaultValue = "bash")
  private String shell = "bash";

  @Override
  public int run(Console console) {
    if (!shell.equals("bash") && !shell.equals("zsh")) {
      console.err().println("error: no completion for " + shell + "; bash and zsh have one");
      return ExitCode.USAGE;
    }
    CommandLine whole = new CommandLine(new Whole());
    VerbTable.all().forEach((name, entry) -> whole.addSubcommand(name, entry.make().get()));
    console.out().print(AutoComplete.bash("jstack", whole));
    return ExitCode.DONE;
  }
}
