using System.Globalization;
using Microsoft.Data.Sqlite;

namespace EdgeFleet.Collector.Storage;

/// <summary>The schema, as steps that go forward only. <c>PRAGMA user_version</c> says how many were taken.</summary>
internal static class Migrations
{
    /// <summary>Steps in order. A step that was released never changes.</summary>
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE setting(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

        CREATE TABLE device(
            device_id TEXT PRIMARY KEY,
            first_seen_ns INTEGER NOT NULL,
            last_seen_ns INTEGER NOT NULL,
            hello BLOB NOT NULL,
            fingerprint TEXT NOT NULL,
            quarantined INTEGER NOT NULL,
            operator_labels TEXT NOT NULL) WITHOUT ROWID;

        CREATE TABLE sweep(
            sweep_number INTEGER PRIMARY KEY,
            sweep_id TEXT NOT NULL UNIQUE,
            schedule_id TEXT NOT NULL,
            fire_ns INTEGER NOT NULL,
            definition BLOB NOT NULL,
            priority INTEGER NOT NULL,
            state INTEGER NOT NULL,
            reason TEXT NOT NULL,
            created_ns INTEGER NOT NULL,
            ended_ns INTEGER NOT NULL);
        CREATE INDEX sweep_state ON sweep(state, priority, sweep_number);

        CREATE TABLE run(
            run_id TEXT PRIMARY KEY,
            sweep_id TEXT NOT NULL,
            device_id TEXT NOT NULL,
            ordinal INTEGER NOT NULL,
            scenario BLOB NOT NULL,
            scenario_hash TEXT NOT NULL,
            curve_hash TEXT NOT NULL,
            baseline_key TEXT NOT NULL,
            model TEXT NOT NULL,
            length_tokens INTEGER NOT NULL,
            repeat INTEGER NOT NULL,
            state INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            issued_ns INTEGER NOT NULL,
            deadline_ns INTEGER NOT NULL,
            outcome INTEGER NOT NULL,
            run_end BLOB,
            ended_ns INTEGER NOT NULL,
            lost INTEGER NOT NULL,
            reuse_key TEXT NOT NULL,
            reused_run_id TEXT NOT NULL,
            conditions TEXT NOT NULL,
            result BLOB,
            trace_id INTEGER) WITHOUT ROWID;
        CREATE INDEX run_sweep ON run(sweep_id, device_id, state, ordinal);
        CREATE INDEX run_device ON run(device_id, state);
        CREATE INDEX run_deadline ON run(deadline_ns) WHERE state = 2;
        CREATE INDEX run_reuse ON run(reuse_key, ended_ns) WHERE outcome = 1 AND reused_run_id = '';
        CREATE INDEX run_baseline ON run(device_id, baseline_key, conditions, ended_ns) WHERE outcome = 1 AND reused_run_id = '';

        CREATE TABLE trace(
            trace_id INTEGER PRIMARY KEY,
            device_id TEXT NOT NULL,
            spool_id TEXT NOT NULL,
            spool_sequence INTEGER NOT NULL,
            run_id TEXT NOT NULL,
            attempt INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            segment INTEGER NOT NULL,
            segment_offset INTEGER NOT NULL,
            encoded_bytes INTEGER NOT NULL,
            decoded_bytes INTEGER NOT NULL,
            encoding INTEGER NOT NULL,
            disposition INTEGER NOT NULL,
            received_ns INTEGER NOT NULL);
        CREATE UNIQUE INDEX trace_once ON trace(run_id, attempt, sha256);
        CREATE INDEX trace_segment ON trace(segment, received_ns);

        CREATE TABLE schedule(
            schedule_id TEXT PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            cron TEXT NOT NULL,
            zone TEXT NOT NULL,
            misfire INTEGER NOT NULL,
            grace_ns INTEGER NOT NULL,
            definition BLOB NOT NULL,
            paused INTEGER NOT NULL,
            next_fire_ns INTEGER NOT NULL,
            last_fire_ns INTEGER NOT NULL,
            last_sweep_id TEXT NOT NULL,
            last_error TEXT NOT NULL,
            missed INTEGER NOT NULL) WITHOUT ROWID;

        CREATE TABLE artifact(artifact_id TEXT PRIMARY KEY, manifest BLOB NOT NULL, created_ns INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE artifact_file(
            artifact_id TEXT NOT NULL,
            ordinal INTEGER NOT NULL,
            name TEXT NOT NULL,
            size_bytes INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            PRIMARY KEY(artifact_id, ordinal)) WITHOUT ROWID;
        CREATE INDEX artifact_file_hash ON artifact_file(sha256);
        """,
        """
        -- What is asked after each trace and each second, in time that does not grow with the runs that have ended.
        CREATE INDEX run_open ON run(sweep_id) WHERE state IN (1, 2);
        CREATE INDEX run_issued ON run(sweep_id) WHERE state = 2;
        CREATE INDEX run_queued ON run(device_id) WHERE state = 1;
        """,
    ];

    /// <summary>Brings a database to the newest schema.</summary>
    /// <exception cref="StorageException">The database was written by a newer collector.</exception>
    public static void Apply(SqliteConnection connection)
    {
        using var read = connection.CreateCommand();
        read.CommandText = "PRAGMA user_version";
        var version = Convert.ToInt32(read.ExecuteScalar(), CultureInfo.InvariantCulture);
        if (version > Steps.Length)
        {
            throw new StorageException(
                $"The database has schema {version}; this collector knows up to {Steps.Length}. Start the newer collector that wrote it, or use another data directory.");
        }

        for (var step = version; step < Steps.Length; step++)
        {
            using var transaction = connection.BeginTransaction();
            using var command = connection.CreateCommand();
            command.Transaction = transaction;
#pragma warning disable CA2100 // Constants of this file.
            command.CommandText = string.Create(CultureInfo.InvariantCulture, $"{Steps[step]}; PRAGMA user_version = {step + 1}");
#pragma warning restore CA2100
            command.ExecuteNonQuery();
            transaction.Commit();
        }
    }
}
