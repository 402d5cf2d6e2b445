using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Grpc.Core;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace EdgeFleet.Collector.Hosting;

/// <summary>Bearer tokens: the join token makes an agent, the operator token an operator.</summary>
internal sealed class TokenAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ServerIdentity identity)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>Name of the scheme.</summary>
    public const string SchemeName = "Bearer";

    /// <summary>Role of agents.</summary>
    public const string Agent = "agent";

    /// <summary>Role of operators.</summary>
    public const string Operator = "operator";

    /// <inheritdoc/>
    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.Ordinal)) return Task.FromResult(AuthenticateResult.NoResult());
        var token = header["Bearer ".Length..];
        var role = Same(token, identity.JoinToken) ? Agent : Same(token, identity.OperatorToken) ? Operator : null;
        if (role is null) return Task.FromResult(AuthenticateResult.Fail("Unknown token."));
        var principal = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Role, role)], SchemeName));
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(principal, SchemeName)));
    }

    /// <inheritdoc/>
    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        await base.HandleChallengeAsync(properties);
        Response.Headers.WWWAuthenticate = SchemeName;
        await SayAsync(StatusCode.Unauthenticated, "The token is missing or not known: send 'Authorization: Bearer TOKEN' with the token in operator-token of the collector's data directory.");
    }

    /// <inheritdoc/>
    protected override async Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        await base.HandleForbiddenAsync(properties);
        await SayAsync(StatusCode.PermissionDenied, "This token is for agents. Operators need the one in operator-token of the collector's data directory.");
    }

    // In the form of every other refusal of the JSON interface; gRPC has words of its own for these two.
    private Task SayAsync(StatusCode code, string message) => Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) == true
        ? Task.CompletedTask
        : Response.WriteAsJsonAsync(new { code = (int)code, message, details = Array.Empty<object>() });

    // Of hashes, so that neither content nor length shows in the time it takes.
    private static bool Same(string given, string expected) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(expected)));
}
