namespace EdgeFleet.Measurement.Analysis;

/// <summary>The nine operator classes of arXiv 2507.12442 that text models reach, as a view on ours (docs/measurement.md, operator classes).</summary>
public static class PaperClasses
{
    /// <summary>The paper's class of an operator; its fused SSM blocks hold projections that we count as <c>gemm</c>.</summary>
    /// <param name="operatorClass">Our class.</param>
    /// <param name="type">Operator type: single operators that our class and the paper's sort differently.</param>
    public static string Of(string operatorClass, string type) => (operatorClass, type) switch
    {
        (_, "Softmax") => "logit_computation",
        (_, "ArgMax" or "ArgMin") => "arithmetic",
        (_, "Where") => "memory",
        (_, "Trilu") => "other",
        (_, "Conv" or "FusedConv" or "NhwcFusedConv") => "GEMM",
        ("ssm_scan" or "causal_conv", _) => "SSM_Scan",
        ("attention" or "gemm" or "lm_head", _) => "GEMM",
        ("normalization", _) => "normalization",
        ("activation", _) => "activation",
        ("elementwise", _) => "arithmetic",
        ("embedding", _) => "embedding",
        ("memory", _) => "memory",
        _ => "other",
    };
}
