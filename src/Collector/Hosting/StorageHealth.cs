using EdgeFleet.Collector.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace EdgeFleet.Collector.Hosting;

/// <summary>Healthy while the database takes writes.</summary>
internal sealed class StorageHealth(Database database, TimeProvider time) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await database.WriteAsync(sql => sql.Run("INSERT OR REPLACE INTO setting VALUES('health_checked_ns', $0)", time.UnixNanoseconds())).WaitAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (SqliteException error)
        {
            return HealthCheckResult.Unhealthy("The database takes no writes.", error);
        }
    }
}
