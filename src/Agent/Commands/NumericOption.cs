using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace EdgeFleet.Agent.Commands;

/// <summary>Makes options that take a number, whose errors speak of numbers and not of the types that hold them.</summary>
internal static class NumericOption
{
    /// <summary>An option that takes a number.</summary>
    /// <typeparam name="T">Type of the number.</typeparam>
    /// <param name="name">Name, with its dashes.</param>
    /// <param name="description">What it means.</param>
    /// <param name="value">Its value where it is not given; null for none.</param>
    /// <param name="unit">What help calls the value.</param>
    /// <param name="aliases">Other names.</param>
    public static Option<T> Of<T>(string name, string description, T? value, string unit, params string[] aliases)
        where T : struct, INumber<T>
    {
        var option = new Option<T>(name, aliases)
        {
            Description = description,
            HelpName = unit,
            CustomParser = result =>
            {
                var text = result.Tokens[^1].Value;
                if (T.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number)) return number;

                // A half is no fraction in the types that hold whole numbers alone.
                var kind = T.IsInteger(T.One / (T.One + T.One)) ? "whole number" : "number";
                result.AddError($"{name} '{text}' is no {kind} that is allowed here.");
                return default;
            },
        };
        if (value is { } known) option.DefaultValueFactory = _ => known;
        return option;
    }
}
