namespace EdgeFleet.Models.Weights;

/// <summary>Checks what callers of <see cref="IWeightSource"/> ask for.</summary>
internal static class WeightRange
{
    /// <summary>Checks that a destination holds a whole tensor.</summary>
    public static void CheckWhole(TensorDescription description, int destinationLength)
    {
        if (destinationLength != description.Elements)
        {
            throw new ArgumentException(
                $"Tensor '{description.Name}' has {description.Elements} elements; the destination has {destinationLength}.",
                nameof(destinationLength));
        }
    }

    /// <summary>Checks that a destination holds whole rows that exist, and returns the first one's first element.</summary>
    public static long FirstElement(TensorDescription description, long firstRow, int destinationLength)
    {
        var rowElements = description.RowElements;
        var rows = rowElements == 0 ? 0 : destinationLength / rowElements;
        if (rows * rowElements != destinationLength || firstRow < 0 || firstRow > description.Rows - rows)
        {
            throw new ArgumentException(
                $"Tensor '{description.Name}' has {description.Rows} rows of {rowElements}; " +
                $"{destinationLength} elements from row {firstRow} are no such rows.",
                nameof(destinationLength));
        }

        return firstRow * rowElements;
    }
}
