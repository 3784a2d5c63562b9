# syntax=docker/dockerfile:1

# One static binary in an empty image. See docs/operations.md for how to run it.

FROM docker.io/library/rust:1.95-alpine AS build
# The C compiler and cmake are for aws-lc and SQLite.
RUN apk add --no-cache build-base cmake linux-headers
# The image's own toolchain, without the further targets that rust-toolchain.toml names.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY . .
RUN cargo build --locked --profile dist --package symbolon --bin symbolon \
    && install -D target/dist/symbolon /image/symbolon \
    && install -D /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt \
    && install -d -m 0700 -o 65532 -g 65532 /image/var/lib/symbolon

FROM scratch
COPY --from=build /image /
USER 65532:65532
ENV SYMBOLON_SERVER__DATA_DIR=/var/lib/symbolon \
    SYMBOLON_SERVER__LISTEN=0.0.0.0:8080
VOLUME /var/lib/symbolon
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s CMD ["/symbolon", "health"]
ENTRYPOINT ["/symbolon"]
CMD ["serve"]
