package com.softadastra.edge.blob;

import java.time.Duration;

/**
 * What blobs may take.
 *
 * @param diskBytes of all files, those that are being written included
 * @param memoryBytes of chunks that are read often
 * @param largestBytes of one blob
 * @param idle how long the beginning of a blob stays to which nobody adds
 * @param reserveBytes of free disk, below which nothing more is taken
 */
public record BlobLimits(
    long diskBytes, long memoryBytes, long largestBytes, Duration idle, long reserveBytes) {}
