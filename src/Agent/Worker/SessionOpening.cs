using EdgeFleet.Agent.Artifacts;
using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Worker;

/// <summary>Opens the session of a scenario. TensorRT is replaced by CUDA where it cannot be used and the scenario allows it, and a finding says so.</summary>
internal sealed class SessionOpening(RuntimePack pack, Artifact artifact, Scenario scenario)
{
    /// <summary>Environment variable that, set to 1, keeps decode steps out of CUDA graphs; the result then says so.</summary>
    private const string PlainStepsVariable = "EDGEFLEET_PLAIN_STEPS";

    /// <summary>Libraries that it runs on.</summary>
    public RuntimePack Pack => pack;

    /// <summary>What it runs.</summary>
    public Artifact Artifact => artifact;

    /// <summary>How it was opened; how it is to be until then.</summary>
    public DecoderOptions Options { get; private set; } = Of(scenario);

    /// <summary>Says that another provider took the scenario's place; null where none did.</summary>
    public Finding? Finding { get; private set; }

    /// <summary>Opens the session.</summary>
    /// <exception cref="RuntimeLoadException">A library is missing, or TensorRT cannot compile the graph.</exception>
    public DecoderSession Open(CancellationToken cancellation)
    {
        if (Options.Provider != ExecutionProvider.TensorRt) return DecoderSession.Open(pack, artifact, Options);
        try
        {
            return OpenCompiled(cancellation);
        }
        catch (RuntimeLoadException exception) when (scenario.AllowProviderFallback)
        {
            Finding = new Finding { Code = FindingCodes.ProviderFallback, Message = $"Ran on CUDA instead of TensorRT: {exception.Message}" };
            Options = Options with { Provider = ExecutionProvider.Cuda };
            return DecoderSession.Open(pack, artifact, Options);
        }
    }

    // Engines are built when a session opens, or when the first run tells the shapes: here, so that a build that fails ends the load and no timed phase.
    private DecoderSession OpenCompiled(CancellationToken cancellation)
    {
        DecoderSession? session = null;
        try
        {
            session = DecoderSession.Open(pack, artifact, Options);
            using (var decoder = new Decoder(session, new DecoderShape(Batch: (int)scenario.Batch, TotalLength: 1), cancellation))
            {
                decoder.Prefill(new long[scenario.Batch]);
            }

            var opened = session;
            session = null;
            return opened;
        }
        catch (OnnxRuntimeException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new RuntimeLoadException($"TensorRT does not run {artifact.Manifest.Name}: {exception.Message}", exception);
        }
        finally
        {
            session?.Dispose();
        }
    }

    private static DecoderOptions Of(Scenario scenario) => new()
    {
        Provider = scenario.Provider switch
        {
            Provider.Cpu => ExecutionProvider.Cpu,
            Provider.Cuda => ExecutionProvider.Cuda,
            Provider.Tensorrt => ExecutionProvider.TensorRt,
            _ => throw new InvalidDataException($"The scenario names provider {scenario.Provider}, which this agent does not know."),
        },
        Threads = (int)scenario.Threads,
        CaptureSteps = System.Environment.GetEnvironmentVariable(PlainStepsVariable) != "1",
        DeviceMemoryLimit = scenario.DeviceMemoryLimitBytes == 0 ? null : checked((long)scenario.DeviceMemoryLimitBytes),
        Shape = new DecoderShape((int)scenario.Batch, checked((int)(scenario.DepthTokens + scenario.ContextTokens + Math.Max(1, scenario.DecodeTokens) - 1))),
        EngineCache = Path.Combine(CacheDirectory.Resolve(null), "tensorrt"),
    };
}
