using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using EdgeFleet.Inference.Devices;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Models.Artifacts;

namespace EdgeFleet.Inference.Decoding;

/// <summary>An artifact loaded on a provider. Decoders made from it run one at a time or side by side; each has its own state.</summary>
public sealed class DecoderSession : IDisposable
{
    private readonly OrtAllocator? _deviceAllocator;
    private readonly FrozenDictionary<string, OrtTensorDescription> _inputs;
    private readonly FrozenDictionary<string, OrtTensorDescription> _outputs;

    private DecoderSession(ArtifactManifest manifest, OrtSession session, DecoderOptions options, CudaRuntime? cuda, string? operatorLibrary, DeviceArgMax? argMax)
    {
        Manifest = manifest;
        Session = session;
        Options = options;
        OperatorLibrary = operatorLibrary;
        HostMemory = OrtMemoryInfo.Host(session.Library);
        PrefillsBySequence = manifest.Routes.Any(static route => route.Operator.EndsWith("GroupQueryAttention", StringComparison.Ordinal))
            && manifest.States.All(static state => state.Update == StateUpdate.InPlace && state.Shape[0] == StateManifest.Batch);
        _inputs = session.Inputs.ToFrozenDictionary(static input => input.Name, StringComparer.Ordinal);
        _outputs = session.Outputs.ToFrozenDictionary(static output => output.Name, StringComparer.Ordinal);
        if (options.Provider != ExecutionProvider.Cpu)
        {
            using var memory = OrtMemoryInfo.Device(session.Library, "Cuda", options.Device);
            _deviceAllocator = session.CreateAllocator(memory);
            Cuda = cuda;
            ArgMax = argMax;
        }

        Validate();
    }

    /// <summary>What the artifact is.</summary>
    public ArtifactManifest Manifest { get; }

    /// <summary>How the session was opened.</summary>
    public DecoderOptions Options { get; }

    /// <summary>The ONNX Runtime that it runs on.</summary>
    public OnnxRuntimeLibrary Library => Session.Library;

    /// <summary>File of the operators that are registered; null where the artifact needs none.</summary>
    public string? OperatorLibrary { get; }

    /// <summary>The session itself.</summary>
    public OrtSession Session { get; }

    /// <summary>Type of the logits: float32, float16 or bfloat16.</summary>
    public OrtElementType LogitsType => Output(Manifest.LogitsOutput).Type;

    /// <summary>Whether the graph is told which positions get logits; all get them otherwise.</summary>
    public bool SelectsLogits => Manifest.Inputs.Any(static input => input.Role == InputRole.LogitsIndices);

    /// <summary>
    /// Whether a piece of a prefill that has a past runs sequence by sequence: GroupQueryAttention takes such for one sequence alone.
    /// </summary>
    public bool PrefillsBySequence { get; }

    /// <summary>The CUDA runtime of a session on a GPU, else null.</summary>
    public CudaRuntime? Cuda { get; }

    internal OrtMemoryInfo HostMemory { get; }

    /// <summary>The greedy choice on the device; null where it is made on the host.</summary>
    internal DeviceArgMax? ArgMax { get; }

    /// <summary>Tensors that were allocated on the device so far.</summary>
    internal long DeviceAllocations { get; private set; }

    /// <summary>Opens an artifact.</summary>
    /// <param name="pack">Libraries to run on.</param>
    /// <param name="artifact">The artifact; that its files are what its manifest says is for the caller to verify.</param>
    /// <param name="options">Provider, threads and options.</param>
    /// <exception cref="RuntimeLoadException">A library is missing.</exception>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime refuses the graph or the provider.</exception>
    /// <exception cref="DecoderException">Graph and manifest disagree.</exception>
    public static DecoderSession Open(RuntimePack pack, Artifact artifact, DecoderOptions options) =>
        Open(pack, artifact.Manifest, artifact.ModelPath, options);

    /// <summary>Opens a graph whose manifest is at hand.</summary>
    /// <param name="pack">Libraries to run on.</param>
    /// <param name="manifest">What the graph's inputs, outputs and states are.</param>
    /// <param name="modelPath">The graph's file.</param>
    /// <param name="options">Provider, threads and options.</param>
    /// <inheritdoc cref="Open(RuntimePack, Artifact, DecoderOptions)"/>
    public static DecoderSession Open(RuntimePack pack, ArtifactManifest manifest, string modelPath, DecoderOptions options)
    {
        pack.Require(options.Provider);
        var library = pack.Load();
        using var sessionOptions = new OrtSessionOptions(library);
        CudaRuntime? cuda = null;
        OrtSession? session = null;
        try
        {
            var onDevice = options.Provider != ExecutionProvider.Cpu;
            cuda = onDevice ? CudaRuntime.Load(pack.CudaMajor, options.Device) : null;
            Configure(sessionOptions, options, manifest, cuda, library.Version);

            // On a device a library is wanted for the choice of tokens too, though a graph of contributed operators does without.
            var operators = manifest.MinimumOperatorVersion > 0 || (onDevice && pack.HasOperatorLibrary(options.Provider))
                ? pack.OperatorLibrary(options.Provider)
                : null;
            if (operators is not null && manifest.MinimumOperatorVersion > 0)
            {
                sessionOptions.RegisterOperators(operators);
            }

            session = OrtSession.Open(modelPath, sessionOptions);
            var argMax = cuda is not null && operators is not null ? DeviceArgMax.Load(cuda, operators) : null;
            var decoder = new DecoderSession(manifest, session, options, cuda, operators, argMax);
            session = null;
            cuda = null;
            return decoder;
        }
        finally
        {
            session?.Dispose();
            cuda?.Dispose();
        }
    }

    /// <summary>Statistics of the allocator of the device, or of the host for a session on the CPU; empty where it keeps none.</summary>
    public IReadOnlyDictionary<string, long> AllocatorStatistics()
    {
        if (_deviceAllocator is not null)
        {
            return _deviceAllocator.Statistics();
        }

        using var allocator = Session.CreateAllocator(HostMemory);
        return allocator.Statistics();
    }

    /// <summary>Ends profiling and answers the file that was written.</summary>
    public string EndProfiling() => Session.EndProfiling();

    /// <inheritdoc/>
    public void Dispose()
    {
        _deviceAllocator?.Dispose();
        HostMemory.Dispose();
        Session.Dispose();
        Cuda?.Dispose();
    }

    /// <summary>Allocates a tensor on the device from the session's arena; its content is undefined.</summary>
    internal OrtValue AllocateOnDevice(OrtElementType type, ReadOnlySpan<long> shape)
    {
        DeviceAllocations++;
        return OrtValue.Allocate(
            _deviceAllocator ?? throw new InvalidOperationException("A session on the CPU has no device memory."), type, shape);
    }

    /// <summary>Runs with what is bound, on the calling thread and the session's; denormals count as zero on all of them if asked for.</summary>
    internal void Run(OrtIoBinding binding, OrtRunOptions options)
    {
        if (!Options.DenormalsAsZero)
        {
            Session.Run(binding, options);
            return;
        }

        var mode = FloatingPointEnvironment.Current();
        mode.FlushingDenormals().Apply();
        try
        {
            Session.Run(binding, options);
        }
        finally
        {
            mode.Apply();
        }
    }

    internal OrtTensorDescription Input(string name) => _inputs.TryGetValue(name, out var input)
        ? input
        : throw new DecoderException($"The manifest names input '{name}', which the graph lacks. Export the artifact again.");

    internal OrtTensorDescription Output(string name) => _outputs.TryGetValue(name, out var output)
        ? output
        : throw new DecoderException($"The manifest names output '{name}', which the graph lacks. Export the artifact again.");

    private static void Configure(
        OrtSessionOptions session, DecoderOptions options, ArtifactManifest manifest, CudaRuntime? cuda, string onnxRuntime)
    {
        session.SetThreads(options.Threads);
        session.SetInterOperatorThreads(1);
        session.Configure("session.intra_op.allow_spinning", options.Spinning ? "1" : "0");
        session.Configure("session.set_denormal_as_zero", options.DenormalsAsZero ? "1" : "0");
        foreach (var (key, value) in options.SessionEntries)
        {
            session.Configure(key, value);
        }

        if (options.ProfilePrefix is { } prefix)
        {
            session.EnableProfiling(prefix);
        }

        if (cuda is null)
        {
            return;
        }

        var shared = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        shared["device_id"] = options.Device.ToString(CultureInfo.InvariantCulture);
        var own = shared.ToImmutable().ToBuilder();

        // float32 means float32: TensorFloat-32 has ten bits of mantissa.
        own["use_tf32"] = "0";

        // An arena that doubles takes memory that nothing uses.
        own["arena_extend_strategy"] = "kSameAsRequested";
        if (options.DeviceMemoryLimit is { } limit)
        {
            own["gpu_mem_limit"] = ArenaLimit(limit, cuda).ToString(CultureInfo.InvariantCulture);
        }

        switch (options.Provider)
        {
            case ExecutionProvider.Cuda:
                Override(own, options.ProviderOptions);
                break;
            case ExecutionProvider.TensorRt:
                shared.AddRange(TensorRtOptions.Of(manifest, options.Shape, EngineCache(options, onnxRuntime)));
                Override(shared, options.ProviderOptions);
                session.AppendTensorRt(shared.ToImmutable(), cuda.Stream);
                break;
            default:
                throw new ArgumentException($"Unknown provider {options.Provider}.", nameof(options));
        }

        session.AppendCuda(own.ToImmutable(), cuda.Stream);
    }

    private static long ArenaLimit(long limit, CudaRuntime cuda)
    {
        var (free, total) = cuda.Memory();
        return limit > total - free
            ? limit - (total - free)
            : throw new OnnxRuntimeException(
                OrtErrorCode.Fail,
                string.Create(CultureInfo.InvariantCulture, $"out of memory: {total - free} bytes are in use before the model is loaded, {limit} are allowed"),
                "gpu_mem_limit");
    }

    private static string? EngineCache(DecoderOptions options, string onnxRuntime)
    {
        var version = TensorRtLibrary.Load().Version;
        if (options.EngineCache is null)
        {
            return null;
        }

        var driver = CudaDriver.Read();
        var directory = TensorRtOptions.CacheDirectory(options.EngineCache, driver.Gpus[options.Device], driver.CudaVersion, version, onnxRuntime);
        Directory.CreateDirectory(directory);
        return directory;
    }

    private static void Override(ImmutableSortedDictionary<string, string>.Builder options, ImmutableSortedDictionary<string, string> by)
    {
        foreach (var (key, value) in by)
        {
            options[key] = value;
        }
    }

    private void Validate()
    {
        var named = Manifest.Inputs.Select(static input => (input.Name, input.Type))
            .Concat(Manifest.States.Select(static state => (Name: state.Input, state.Type))).ToArray();
        foreach (var (name, type) in named)
        {
            RequireType($"Input '{name}'", Input(name).Type, type);
        }

        var surplus = Session.Inputs.FirstOrDefault(input => named.All(known => known.Name != input.Name));
        if (surplus is not null)
        {
            throw new DecoderException($"The graph has an input '{surplus.Name}' that the manifest does not name. Export the artifact again.");
        }

        foreach (var state in Manifest.States)
        {
            RequireType($"Output '{state.Output}'", Output(state.Output).Type, state.Type);
        }

        var logits = Output(Manifest.LogitsOutput);
        if (logits.Type is not (OrtElementType.Float32 or OrtElementType.Float16 or OrtElementType.BFloat16))
        {
            throw new DecoderException($"Logits '{logits.Name}' have type {logits.Type}; they must be float32, float16 or bfloat16.");
        }

        if (logits.Shape.Length > 0 && logits.Shape[^1] >= 0 && logits.Shape[^1] != Manifest.Vocabulary)
        {
            throw new DecoderException(string.Create(
                CultureInfo.InvariantCulture,
                $"Logits '{logits.Name}' have {logits.Shape[^1]} columns; the manifest's vocabulary is {Manifest.Vocabulary}."));
        }
    }

    private static void RequireType(string what, OrtElementType found, string expected)
    {
        if (found != OrtElementTypes.Parse(expected))
        {
            throw new DecoderException($"{what} has type {found} in the graph; the manifest says {expected}.");
        }
    }
}
