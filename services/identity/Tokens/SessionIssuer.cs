using Relais.Identity.Data;
using Relais.Identity.Domain;
using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity.Tokens;

/// <summary>Adds refresh tokens to the transaction at hand, and tells the caller about them afterwards.</summary>
internal sealed class SessionIssuer(IdentityDb db, TokenIssuer tokens, SecretBox box, IdentityOptions options)
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
        return AddToken(session, RefreshToken.NewValue(db.TenantId!));
    }

    /// <summary>The refresh token that follows one, with which the family lives on.</summary>
    public string Continue(StaffSession session, string used, DateTimeOffset now)
    {
        session.ExpiresAt = now + options.RefreshTokenLife;
        return AddToken(session, SuccessorOf(used));
    }

    /// <summary>The one refresh token that can follow another; it need not be stored to be given again.</summary>
    public string SuccessorOf(string refreshToken) => RefreshToken.ValueOf(db.TenantId!, box.Derive($"refresh/{refreshToken}"));

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

    private string AddToken(StaffSession session, string value)
    {
        db.RefreshTokens.Add(new RefreshToken { Hash = RefreshToken.HashOf(value), SessionId = session.Id, ExpiresAt = session.ExpiresAt });
        return value;
    }
}
