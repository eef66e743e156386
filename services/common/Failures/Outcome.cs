namespace Relais.Common.Failures;

/// <summary>A value, or the expected failure that stands in its place.</summary>
public readonly struct Outcome<T>
{
    private readonly T? value;

    private Outcome(T? value, Failure? failure)
    {
        this.value = value;
        Failure = failure;
    }

    /// <summary>Null where there is a value.</summary>
    public Failure? Failure { get; }

    /// <exception cref="InvalidOperationException">There is a failure instead.</exception>
    public T Value => Failure is null ? value! : throw new InvalidOperationException($"No value: {Failure.Code}.");

    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(Failure failure) => new(default, failure);

    public Outcome<TNext> Then<TNext>(Func<T, TNext> next) => Failure is null ? next(value!) : Failure;
}
