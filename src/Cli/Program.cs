using System.CommandLine;
using EdgeFleet.Cli.Commands;
using EdgeFleet.Cli.Connection;
using EdgeFleet.Cli.Output;
using EdgeFleet.Collector.Hosting;
using Grpc.Core;

var options = new CommonOptions();
var root = new RootCommand("EdgeFleet: measure language models on a fleet of devices.")
{
    UpCommand.Create(options),
    StatusCommand.Create(options),
    DevicesCommand.Create(options),
    ModelsCommand.Create(options),
    SweepsCommand.Create(options),
    SchedulesCommand.Create(options),
    RunsCommand.Create(options),
    ResultsCommand.Create(options),
    CompletionCommand.Create(),
};
options.AddTo(root);

// '@' begins a file with an address here, not one with arguments.
var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (await WrongUsage.ReportAsync(parsed, "edgefleet")) return WrongUsage.Status;

var isUp = parsed.CommandResult.Command.Name == UpCommand.Name;

// It stops its programs in order when its terminal is closed, too.
using var terminal = new TerminalWriter(Console.Out);
using var errors = new TerminalWriter(Console.Error);
if (isUp && !Console.IsOutputRedirected) Console.SetOut(terminal);
if (isUp && !Console.IsErrorRedirected) Console.SetError(errors);

// Exceptions are told apart here, once for all commands.
var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
if (isUp) invocation.ProcessTerminationTimeout = null;
try
{
    return await parsed.InvokeAsync(invocation);
}
catch (Exception error) when (error is OperationCanceledException || (error is RpcException call && Explanation.IsInterruption(call)))
{
    return 130;
}
catch (RpcException error)
{
    await Console.Error.WriteLineAsync("edgefleet: " + Explanation.Of(error, options.Collector));
    return error.StatusCode is StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.AlreadyExists or StatusCode.FailedPrecondition ? 2 : 3;
}
catch (Exception error) when (error is FormatException or IOException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync("edgefleet: " + error.Message);
    return 2;
}
