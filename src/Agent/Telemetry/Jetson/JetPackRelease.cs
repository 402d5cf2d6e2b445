namespace EdgeFleet.Agent.Telemetry.Jetson;

/// <summary>Releases of JetPack by their release of L4T, after NVIDIA's JetPack archive.</summary>
internal static class JetPackRelease
{
    /// <summary>E.g. <c>6.2</c> of <c>R36.4.3</c>; null where the release is not known.</summary>
    public static string? Of(string release) => release switch
    {
        "R35.1" or "R35.1.0" => "5.0.2",
        "R35.2.1" => "5.1",
        "R35.3.1" => "5.1.1",
        "R35.4.1" => "5.1.2",
        "R35.5" or "R35.5.0" => "5.1.3",
        "R35.6" or "R35.6.0" => "5.1.4",
        "R36.2" or "R36.2.0" => "6.0 Developer Preview",
        "R36.3" or "R36.3.0" => "6.0",
        "R36.4" or "R36.4.0" => "6.1",
        "R36.4.3" => "6.2",
        "R36.4.4" => "6.2.1",
        _ => null,
    };
}
