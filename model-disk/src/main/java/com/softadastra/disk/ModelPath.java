package com.softadastra.disk;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import org.h2.store.fs.FilePath;

/** A name on a model disk; there are only files in the root directory. */
final class ModelPath extends FilePath {

  private final ModelDisk disk;

  ModelPath(ModelDisk disk, String name) {
    this.disk = disk;
    this.name = name;
  }

  private String file() {
    return name.substring(disk.scheme().length() + 1);
  }

  @Override
  public String getScheme() {
    return disk.scheme();
  }

  @Override
  public ModelPath getPath(String path) {
    String file = path.substring(disk.scheme().length() + 1).replace('\\', '/');
    return new ModelPath(disk, disk.scheme() + ":" + (file.startsWith("/") ? file : "/" + file));
  }

  @Override
  public FileChannel open(String mode) throws IOException {
    boolean readOnly = mode.equals("r");
    if (isDirectory() && readOnly) {
      return new ModelDirectory(disk, file());
    }
    return new ModelChannel(disk, file(), disk.open(file(), !readOnly), readOnly);
  }

  @Override
  public long size() {
    return disk.size(file());
  }

  @Override
  public boolean exists() {
    return isDirectory() || disk.exists(file());
  }

  @Override
  public void delete() {
    disk.delete(file());
  }

  @Override
  public boolean createFile() {
    if (exists()) {
      return false;
    }
    try {
      disk.open(file(), true);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return true;
  }

  @Override
  public List<FilePath> newDirectoryStream() {
    return new ArrayList<>(
        disk.names().stream().map(file -> getPath(disk.scheme() + ":" + file)).toList());
  }

  @Override
  public FilePath toRealPath() {
    return this;
  }

  @Override
  public FilePath getParent() {
    return getPath(disk.scheme() + ":/");
  }

  @Override
  public boolean isDirectory() {
    return file().equals("/");
  }

  @Override
  public boolean isRegularFile() {
    return disk.exists(file());
  }

  @Override
  public boolean isAbsolute() {
    return true;
  }

  @Override
  public long lastModified() {
    return 0;
  }

  @Override
  public boolean canWrite() {
    return true;
  }

  @Override
  public boolean setReadOnly() {
    return false;
  }

  @Override
  public void createDirectory() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void moveTo(FilePath newName, boolean atomicReplace) {
    throw new UnsupportedOperationException();
  }
}
