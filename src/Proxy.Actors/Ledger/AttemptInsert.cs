using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using Proxy.Actors.Accounts;
using Proxy.Protocol.Dialects;

namespace Proxy.Actors.Ledger;

/// <summary>
/// Writes rows: one prepared statement for all, bound by full names. A row for each request makes this count: binding
/// anonymous objects through Dapper took 7 % of the CPU of small requests (docs/performance.md).
/// </summary>
internal sealed class AttemptInsert : IDisposable
{
    private const int SessionLength = 12;
    private const int KeyLength = 8;

    private static readonly string Sql =
        $"INSERT INTO attempts ({string.Join(", ", LedgerSchema.Columns)}) VALUES ({string.Join(", ", LedgerSchema.Columns.Select(c => $"@{c}"))})";

    private readonly SqliteCommand _command;
    private readonly SqliteParameter[] _values;
    private readonly byte[] _salt;

    /// <summary>Prepares it within <paramref name="transaction"/>.</summary>
    /// <param name="transaction">The batch's.</param>
    /// <param name="salt">Of this ledger: what a session or a key was can't be looked up elsewhere.</param>
    public AttemptInsert(SqliteTransaction transaction, byte[] salt)
    {
        _salt = salt;
        _command = transaction.Connection!.CreateCommand();
        _command.Transaction = transaction;
        _command.CommandText = Sql;
        _values = new SqliteParameter[LedgerSchema.Columns.Length];
        for (var i = 0; i < _values.Length; i++)
        {
            _values[i] = _command.CreateParameter();
            _values[i].ParameterName = $"@{LedgerSchema.Columns[i]}";
            _command.Parameters.Add(_values[i]);
        }
    }

    /// <summary>What the ledger keeps of a client key's digest.</summary>
    public static string? OfKey(string? digest, byte[] salt) => Salted(digest, salt, KeyLength);

    /// <summary>Writes one.</summary>
    public void Write(UsageRow row)
    {
        var next = 0;
        void Bind(object? value) => _values[next++].Value = value ?? DBNull.Value;

        Bind(row.Time.ToUnixTimeMilliseconds());
        Bind(row.RequestId);
        Bind(row.Attempt);
        Bind(row.Account.Value);
        Bind(row.Model);
        Bind(Name(row.ClientDialect));
        Bind(Name(row.UpstreamDialect));
        Bind(row.Status);
        Bind(row.Failure?.ToString());
        Bind(row.Usage.UncachedInput);
        Bind(row.Usage.CacheRead);
        Bind(row.Usage.CacheWrite);
        Bind(row.Usage.Output);
        Bind(row.Usage.Reasoning);
        Bind((long?)row.FirstByte?.TotalMilliseconds);
        Bind((long)row.Total.TotalMilliseconds);
        Bind(row.AskedModel);
        Bind(row.Purpose.ToString());
        Bind(row.IsStreamed ? 1 : 0);
        Bind(Salted(row.Session, _salt, SessionLength));
        Bind(OfKey(row.ClientKey, _salt));
        Bind(row.Client);
        Bind(row.IsCommitted ? 1 : 0);
        Bind(row.IsCancelled ? 1 : 0);
        Bind(row.Usage.CacheWriteLong);
        _command.ExecuteNonQuery();
    }

    public void Dispose() => _command.Dispose();

    private static string? Salted(string? value, byte[] salt, int length) =>
        value is null ? null : Convert.ToHexStringLower(HMACSHA256.HashData(salt, Encoding.UTF8.GetBytes(value)))[..length];

    private static string Name(Dialect dialect) => dialect switch
    {
        Dialect.AnthropicMessages => nameof(Dialect.AnthropicMessages),
        Dialect.OpenAIChat => nameof(Dialect.OpenAIChat),
        _ => nameof(Dialect.OpenAIResponses),
    };
}
