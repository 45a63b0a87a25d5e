package com.softadastra.system.benchmark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The slices of all rounds, by what was measured; medians and their table. */
final class Results {
  /** A line of the table. */
  record Cell(Subject subject, int clients) {}

  private final Map<Cell, List<Slice>> slices = new LinkedHashMap<>();

  void add(Cell cell, Slice slice) {
    slices.computeIfAbsent(cell, _ -> new ArrayList<>()).add(slice);
  }

  double median(Cell cell, ToDoubleFunction<Slice> figure) {
    return median(slices.get(cell).stream().mapToDouble(figure).toArray());
  }

  /** The median of what the rounds say; within a round the machine is the same for both. */
  double ratio(Cell above, Cell below, ToDoubleFunction<Slice> figure) {
    var a = slices.get(above);
    var b = slices.get(below);
    return median(
        IntStream.range(0, Math.min(a.size(), b.size()))
            .mapToDouble(i -> figure.applyAsDouble(a.get(i)) / figure.applyAsDouble(b.get(i)))
            .toArray());
  }

  private static double median(double[] figures) {
    Arrays.sort(figures);
    int middle = figures.length / 2;
    return figures.length % 2 == 1 ? figures[middle] : (figures[middle - 1] + figures[middle]) / 2;
  }

  String table() {
    var head =
        "%-38s %7s %10s %9s %9s %9s %9s"
            .formatted("", "clients", "writes/s", "p50 ms", "p99 ms", "cpu us", "bytes");
    return slices.keySet().stream()
        .map(this::line)
        .collect(Collectors.joining("\n", head + "\n", "\n"));
  }

  private String line(Cell cell) {
    return String.format(
        Locale.ROOT,
        "%-38s %7d %,10.0f %9.2f %9.2f %9.0f %,9.0f",
        cell.subject().name(),
        cell.clients(),
        median(cell, Slice::perSecond),
        median(cell, Slice::p50Millis),
        median(cell, Slice::p99Millis),
        median(cell, Slice::cpuMicrosEach),
        median(cell, Slice::bytesEach));
  }
}
