using Relais.Contracts.Channels;

namespace Relais.Channels.Domain.Assistant;

/// <summary>What a conversation is about, as far as self-care found out.</summary>
/// <param name="RequiredSkills">Empty leaves them to the category.</param>
internal sealed record Matter(string Category, IReadOnlyList<RequiredSkill> RequiredSkills)
{
    /// <summary>
    /// The latest question counts, since that is what a person is asked for; a question that found nothing near leaves it to
    /// the one before. Only an article that answered says which skills the matter requires.
    /// </summary>
    public static Matter Of(IReadOnlyList<Attempt> attempts) =>
        attempts.LastOrDefault(attempt => attempt.Answered || attempt.Category.Length > 0) is { } latest
            ? new Matter(latest.Category, latest.RequiredSkills)
            : new Matter("", []);
}
