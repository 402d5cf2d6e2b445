using System.CommandLine;
using EdgeFleet.Cli.Commands;
using EdgeFleet.Cli.Connection;
using EdgeFleet.Cli.Output;
using Grpc.Core;

var options = new CommonOptions();
var root = new RootCommand("EdgeFleet: measure language models on a fleet of devices.")
{
    StatusCommand.Create(options),
    DevicesCommand.Create(options),
    ModelsCommand.Create(options),
    SweepsCommand.Create(options),
    SchedulesCommand.Create(options),
    RunsCommand.Create(options),
    ResultsCommand.Create(options),
};
options.AddTo(root);

// Exceptions are told apart here, once for all commands.
var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
try
{
    return await root.Parse(args).InvokeAsync(invocation);
}
catch (RpcException error)
{
    await Console.Error.WriteLineAsync("edgefleet: " + Explanation.Of(error));
    return error.StatusCode is StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.AlreadyExists or StatusCode.FailedPrecondition ? 2 : 3;
}
catch (Exception error) when (error is FormatException or IOException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync("edgefleet: " + error.Message);
    return 2;
}
catch (OperationCanceledException)
{
    return 130;
}
