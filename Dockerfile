# One image for all layers; its first argument says which one runs. Also built by the classic builder.

# The poms alone, whatever the modules are.
FROM maven:3.9-eclipse-temurin-25 AS poms
WORKDIR /poms
COPY . .
RUN find . -type f ! -name pom.xml -delete && find . -type d -empty -delete

FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /build

# What Maven fetches depends on the poms alone, so it stays in a layer that a change of sources leaves as it
# is: an empty class takes every plugin and library through its work once.
COPY --from=poms /poms ./
RUN mkdir -p shared-contracts/src/main/java \
 && echo 'class Empty {}' >shared-contracts/src/main/java/Empty.java \
 && mvn -q -B -ntp -Dmaven.test.skip=true -pl node -am package \
 && rm -rf shared-contracts/src ./*/target

COPY . .
RUN mvn -q -B -ntp -Dmaven.test.skip=true -pl node -am package

# Our own jars change with every build, the libraries seldom: a layer each.
RUN mkdir -p /out/softadastra \
 && mv node/target/app/lib /out/lib \
 && for module in */pom.xml; do \
      find /out/lib -name "$(dirname "$module")-[0-9]*.jar" -exec mv '{}' /out/softadastra/ ';'; \
    done \
 && mv node/target/app/softadastra-node.jar /out/softadastra/

FROM eclipse-temurin:25-jre
RUN groupadd --gid 10600 softadastra \
 && useradd --uid 10600 --gid 10600 --home-dir /data --no-create-home --shell /usr/sbin/nologin softadastra \
 && install -d -o softadastra -g softadastra -m 0700 /data /run/site
COPY --from=build /out/lib /app/lib/
COPY --from=build /out/softadastra /app/softadastra/
COPY node/jvm.options docker/entrypoint docker/healthy /app/

# What holds in every container: it listens to what is published to it, and keeps its state in one place.
ENV SERVER_ADDRESS=0.0.0.0 \
    SERVER_PORT=8080 \
    SOFTADASTRA_DATA=/data \
    SOFTADASTRA_LINK_BIND=0.0.0.0 \
    SOFTADASTRA_MESH_BIND=0.0.0.0

USER 10600:10600
WORKDIR /data
VOLUME /data
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=6 CMD ["/app/healthy"]
ENTRYPOINT ["/app/entrypoint"]
CMD ["node"]
