using EdgeFleet.Agent.Commands;

return await AgentCommandLine.RunAsync(args, AgentConsole.Process());
