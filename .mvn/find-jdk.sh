# shellcheck shell=bash
# Finds the JDK that the project is built with and runs on. Sourced by mvnw and softadastra.

jdk_wanted=25

# Whether the folder is a JDK (not a JRE) of the wanted version.
is_wanted_jdk() {
  [ -n "$1" ] && [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 1
  if [ -r "$1/release" ]; then
    grep -Eq "^JAVA_VERSION=\"$jdk_wanted([^0-9]|\$)" "$1/release"
  else
    "$1/bin/java" -version 2>&1 | grep -Eq "version \"$jdk_wanted([^0-9]|\$)"
  fi
}

# The home of the java on the PATH, also behind the shims of version managers.
home_of_java_on_path() {
  command -v java >/dev/null || return 0
  java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p' || true
}

# Sets and exports JAVA_HOME, or says in one sentence how to get a JDK and fails.
find_jdk() {
  local home
  if is_wanted_jdk "${JAVA_HOME:-}"; then
    export JAVA_HOME
    return
  fi
  for home in \
    "$(home_of_java_on_path)" \
    "${HOME:-}"/.sdkman/candidates/java/* \
    /usr/lib/jvm/* \
    /opt/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home \
    "${HOME:-}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    "${HOME:-}"/.jdks/*; do
    if is_wanted_jdk "$home"; then
      export JAVA_HOME=$home
      return
    fi
  done
  echo "${0##*/}: no JDK $jdk_wanted in JAVA_HOME, on the PATH or in the usual folders; install one" \
    "(\"sdk install java $jdk_wanted-tem\", \"apt install openjdk-$jdk_wanted-jdk\", \"brew install openjdk@$jdk_wanted\")" \
    "or point JAVA_HOME at it." >&2
  return 1
}
