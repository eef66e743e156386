using Relais.Identity.Data;
using Relais.Identity.Domain;
using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity.Tokens;

/// <summary>Adds refresh tokens to the transaction at hand, and tells the caller about them afterwards.</summary>
internal sealed class SessionIssuer(IdentityDb db, TokenIssuer tokens, IdentityOptions options)
{
    /// <summary>A new family with its first refresh token.</summary>
    public string Begin(StaffMember member, DateTimeOffset now)
    {
        var session = new StaffSession
        {
            Id = Guid.CreateVersion7(now),
            StaffId = member.Id,
            CreatedAt = now,
            ExpiresAt = now + options.RefreshTokenLife,
        };
        db.Sessions.Add(session);
        return AddToken(session);
    }

    /// <summary>The next refresh token of a family, which lives on with it.</summary>
    public string Continue(StaffSession session, DateTimeOffset now)
    {
        session.ExpiresAt = now + options.RefreshTokenLife;
        return AddToken(session);
    }

    /// <summary>What the caller gets, once the refresh token is stored.</summary>
    public Proto.Session Describe(StaffMember member, string refreshToken)
    {
        var access = tokens.ForStaff(member);
        return new Proto.Session
        {
            AccessToken = access.Value,
            RefreshToken = refreshToken,
            ExpiresIn = access.ExpiresIn,
            TokenType = "Bearer",
            StaffMember = member.ToProto(),
        };
    }

    private string AddToken(StaffSession session)
    {
        var value = RefreshToken.NewValue(db.TenantId!);
        db.RefreshTokens.Add(new RefreshToken { Hash = RefreshToken.HashOf(value), SessionId = session.Id, ExpiresAt = session.ExpiresAt });
        return value;
    }
}
