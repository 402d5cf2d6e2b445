namespace EdgeFleet.Agent.Link;

/// <summary>How a link that is down is brought up again, and how one that is up is judged.</summary>
internal sealed record LinkOptions
{
    /// <summary>Middle of the first delay; each further one is about twice as long, with jitter.</summary>
    /// <value>1 s.</value>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest delay.</summary>
    /// <value>60 s.</value>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time that the collector has to answer a hello.</summary>
    /// <value>20 s.</value>
    public TimeSpan WelcomeTimeout { get; init; } = TimeSpan.FromSeconds(20);
}
