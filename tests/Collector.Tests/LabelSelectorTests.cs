using EdgeFleet.Collector.Devices;
using Xunit;

namespace EdgeFleet.Collector.Tests;

public sealed class LabelSelectorTests
{
    private static readonly Dictionary<string, string> Labels = new() { ["class"] = "orin", ["site"] = "lab" };

    [Theory]
    [InlineData("", true)]
    [InlineData("class", true)]
    [InlineData("gpu", false)]
    [InlineData("!gpu", true)]
    [InlineData("!class", false)]
    [InlineData("class=orin", true)]
    [InlineData("class==orin , site=lab", true)]
    [InlineData("class=orin,site=roof", false)]
    [InlineData("class!=nano", true)]
    [InlineData("gpu!=a", true)]
    [InlineData("site in (roof, lab)", true)]
    [InlineData("site notin (roof,lab)", false)]
    [InlineData("gpu notin (a)", true)]
    [InlineData("id=abc", true)]
    [InlineData("id=abd", false)]
    public void A_selector_matches(string text, bool expected) => Assert.Equal(expected, LabelSelector.Parse(text).Matches("abcdef", Labels));

    [Theory]
    [InlineData("site", "lab")]
    [InlineData("Rack", "7/B:2_x.y-z")]
    [InlineData("in", "notin")]
    public void A_label_that_is_allowed_can_be_selected(string key, string value)
    {
        Assert.Null(LabelRules.Problem(key, value));
        foreach (var selector in (string[])[key, $"{key}={value}", $"{key} in (other, {value})"])
        {
            Assert.True(LabelSelector.Parse(selector).Matches("abc", new Dictionary<string, string> { [key] = value }));
            Assert.False(LabelSelector.Parse(selector).Matches("abc", Labels.Where(label => label.Key != key).ToDictionary()));
        }
    }

    [Theory]
    [InlineData("site", "New York", "'New York' is not a value of 'site'")]
    [InlineData("site", "a,b", "'a,b' is not a value of 'site'")]
    [InlineData("sité", "x", "'sité' is not a key")]
    [InlineData("", "x", "'' is not a key")]
    [InlineData("id", "x", "stands for the device's id")]
    public void A_label_that_no_selector_could_name_is_refused(string key, string value, string expected) => Assert.Contains(expected, LabelRules.Problem(key, value), StringComparison.Ordinal);

    [Theory]
    [InlineData(",", "position 1: expected a label")]
    [InlineData("a,", "position 3: expected a label")]
    [InlineData("a=", "position 3: expected a value")]
    [InlineData("a b", "position 3: expected '='")]
    [InlineData("a in b", "position 6: expected '('")]
    [InlineData("a in (b", "position 8: expected ',' or ')'")]
    [InlineData("a=b)", "position 4: expected a comma")]
    public void A_malformed_selector_says_where(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => LabelSelector.Parse(text)).Message, StringComparison.Ordinal);
}
