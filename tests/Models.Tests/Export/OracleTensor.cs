namespace EdgeFleet.Models.Tests.Export;

/// <summary>A tensor of the oracle: numbers in double precision, whatever the graph's type.</summary>
internal sealed record OracleTensor(double[] Values, params int[] Shape)
{
    public int Last => Shape[^1];

    public int Rows => Values.Length / Last;

    public static OracleTensor Zeros(params int[] shape) => new(new double[shape.Aggregate(1, (product, size) => product * size)], shape);
}
