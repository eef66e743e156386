using System.Diagnostics;
using System.Numerics;
using System.Runtime.Intrinsics;
using Relais.Routing.Domain;

namespace Relais.Benchmarks.Routing;

/// <summary>
/// The reference beside which an engine's rate is read on whatever machine: for items of the world, whoever is free and
/// masters the first skill best, among equals the longest idle, by bitmaps alone. Nobody is held back, nothing waits, is
/// recorded or weighed.
/// </summary>
internal sealed class BareSearch
{
    private const double FreeShare = .1;

    private readonly RoutingSpeedWorld _world;
    private readonly int _words;
    private readonly ulong[] _free;
    private readonly long[] _idleSince;
    private readonly Dictionary<(string Skill, int Level), ulong[]> _masters = [];
    private readonly Dictionary<string, ulong[]> _speakers = [];
    private readonly Queue<int> _busy = new();
    private readonly ulong[] _found;
    private long _turn;

    public BareSearch(RoutingSpeedWorld world)
    {
        _world = world;
        _words = (world.Experts.Count + 255) / 256 * 4;
        (_free, _found, _idleSince) = (new ulong[_words], new ulong[_words], new long[world.Experts.Count]);
        for (var expert = 0; expert < world.Experts.Count; expert++)
        {
            foreach (var (skill, mastered) in world.Experts[expert].Skills)
            {
                for (var level = 1; level <= mastered; level++) Set(Of(_masters, (skill, level)), expert);
            }

            foreach (var (language, _) in world.Experts[expert].Languages) Set(Of(_speakers, language), expert);
            if (world.Next(1000) < FreeShare * 1000) Free(expert);
            else _busy.Enqueue(expert);
        }
    }

    public int FreeExperts => _world.Experts.Count - _busy.Count;

    /// <returns>The seconds that it took, and the microseconds of each search in ascending order.</returns>
    public (double Seconds, List<double> Times) Run(int searches)
    {
        var times = new List<double>(searches);
        var began = Stopwatch.GetTimestamp();
        for (var search = 0; search < searches; search++)
        {
            var work = _world.Classes[_world.Next(_world.Classes.Count)];
            var started = Stopwatch.GetTimestamp();
            if (Find(work) is { } expert)
            {
                _free[expert / 64] &= ~(1UL << (expert % 64));
                _busy.Enqueue(expert);
                Free(_busy.Dequeue());
            }

            times.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }

        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        times.Sort();
        return (seconds, times);
    }

    private static void Set(ulong[] bits, int expert) => bits[expert / 64] |= 1UL << (expert % 64);

    private ulong[] Of<TKey>(Dictionary<TKey, ulong[]> all, TKey key)
        where TKey : notnull => all.TryGetValue(key, out var bits) ? bits : all[key] = new ulong[_words];

    private void Free(int expert)
    {
        Set(_free, expert);
        _idleSince[expert] = ++_turn;
    }

    private int? Find(WorkClassOfWorld work)
    {
        var first = work.Skills[0];
        var speakers = Of(_speakers, work.Language);
        var alsoNeeded = work.Skills.Length > 1 ? Of(_masters, (work.Skills[1].Skill, work.Skills[1].MinimumLevel)) : speakers;
        for (var level = (int)Level.Master; level >= first.MinimumLevel; level--)
        {
            if (Intersect(Of(_masters, (first.Skill, level)), speakers, alsoNeeded)) return LongestIdle();
        }

        return null;
    }

    private bool Intersect(ulong[] masters, ulong[] speakers, ulong[] alsoNeeded)
    {
        var any = Vector256<ulong>.Zero;
        for (nuint word = 0; word < (nuint)_words; word += 4)
        {
            var both = Vector256.LoadUnsafe(ref _free[0], word) & Vector256.LoadUnsafe(ref masters[0], word)
                & Vector256.LoadUnsafe(ref speakers[0], word) & Vector256.LoadUnsafe(ref alsoNeeded[0], word);
            both.StoreUnsafe(ref _found[0], word);
            any |= both;
        }

        return any != Vector256<ulong>.Zero;
    }

    private int LongestIdle()
    {
        var (best, since) = (-1, long.MaxValue);
        for (var word = 0; word < _words; word++)
        {
            for (var bits = _found[word]; bits != 0; bits &= bits - 1)
            {
                var expert = (word * 64) + BitOperations.TrailingZeroCount(bits);
                if (_idleSince[expert] < since) (best, since) = (expert, _idleSince[expert]);
            }
        }

        return best;
    }
}
