namespace EdgeFleet.Measurement.Analysis;

/// <summary>The operator classes of arXiv 2507.12442, as a view on ours (docs/measurement.md, operator classes).</summary>
public static class PaperClasses
{
    /// <summary>The paper's class of one of ours; its fused SSM blocks hold projections that we count as <c>gemm</c>.</summary>
    public static string Of(string operatorClass) => operatorClass switch
    {
        "ssm_scan" or "causal_conv" => "SSM_Scan",
        "attention" or "gemm" or "lm_head" => "GEMM",
        "normalization" => "normalization",
        "activation" => "activation",
        "elementwise" => "arithmetic",
        "embedding" => "embedding",
        "memory" => "memory",
        _ => "other",
    };
}
