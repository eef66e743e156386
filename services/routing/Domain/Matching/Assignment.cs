namespace Relais.Routing.Domain.Matching;

/// <summary>The assignment problem, solved exactly: shortest augmenting paths with potentials (Jonker and Volgenant 1987).</summary>
internal static class Assignment
{
    /// <summary>
    /// For each row the column that is assigned to it, null for none: as many rows as possible, and of all such
    /// assignments one of the greatest worth. Takes O(n²m) of time for n rows and columns, whichever are fewer, and m of the
    /// others.
    /// </summary>
    /// <param name="worth">Null where a row must not have a column.</param>
    public static int?[] Best(double?[,] worth)
    {
        var (rows, columns) = (worth.GetLength(0), worth.GetLength(1));
        var transposed = rows > columns;
        var (n, m) = transposed ? (columns, rows) : (rows, columns);
        var (least, most) = Range(worth);
        // One pair that must not be costs more than all pairs together can gain.
        var forbidden = ((most - least) * (n + 1)) + 1;
        var (rowPrice, columnPrice) = (new double[n + 1], new double[m + 1]);
        var (rowOf, before, distance, done) = (new int[m + 1], new int[m + 1], new double[m + 1], new bool[m + 1]);
        for (var row = 1; row <= n; row++)
        {
            rowOf[0] = row;
            var column = 0;
            Array.Fill(distance, double.PositiveInfinity);
            Array.Clear(done);
            do
            {
                done[column] = true;
                var (from, delta, next) = (rowOf[column], double.PositiveInfinity, 0);
                for (var other = 1; other <= m; other++)
                {
                    if (done[other]) continue;
                    var reduced = Cost(from - 1, other - 1) - rowPrice[from] - columnPrice[other];
                    if (reduced < distance[other]) (distance[other], before[other]) = (reduced, column);
                    if (distance[other] < delta) (delta, next) = (distance[other], other);
                }

                for (var other = 0; other <= m; other++)
                {
                    if (done[other])
                    {
                        rowPrice[rowOf[other]] += delta;
                        columnPrice[other] -= delta;
                    }
                    else distance[other] -= delta;
                }

                column = next;
            }
            while (rowOf[column] != 0);

            for (; column != 0; column = before[column]) rowOf[column] = rowOf[before[column]];
        }

        var chosen = new int?[rows];
        for (var column = 1; column <= m; column++)
        {
            if (rowOf[column] == 0) continue;
            var (row, at) = transposed ? (column - 1, rowOf[column] - 1) : (rowOf[column] - 1, column - 1);
            if (worth[row, at] is not null) chosen[row] = at;
        }

        return chosen;

        double Cost(int row, int column) => (transposed ? worth[column, row] : worth[row, column]) is { } value ? most - value : forbidden;
    }

    private static (double Least, double Most) Range(double?[,] worth)
    {
        var (least, most) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in worth)
            if (value is { } known) (least, most) = (Math.Min(least, known), Math.Max(most, known));
        return least <= most ? (least, most) : (0, 0);
    }
}
