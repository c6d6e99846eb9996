# One service as an image, for those who build with an engine; `cargo xtask image` needs none and makes the same.
#
#   docker build --build-arg SERVICE=user-service --tag user-service:0.1.0 .
#
# With buildx also for another processor: --platform linux/arm64. It is compiled on the builder's own processor.
ARG SERVICE
ARG RUST=1.95

FROM --platform=$BUILDPLATFORM rust:${RUST}-slim AS build
ARG SERVICE
ARG TARGETARCH=amd64
WORKDIR /src
COPY . .
# Static programs by the linker that Rust brings: what runs in the end needs no file besides itself.
RUN set -eu; \
    case "$TARGETARCH" in arm64) target=aarch64-unknown-linux-musl ;; *) target=x86_64-unknown-linux-musl ;; esac; \
    rustup target add "$target"; \
    variable="CARGO_TARGET_$(echo "$target" | tr 'a-z-' 'A-Z_')_LINKER"; \
    env "$variable=rust-lld" cargo build --release --locked --no-default-features --target "$target" --package "$SERVICE"; \
    install -D "target/$target/release/$SERVICE" "/out/$SERVICE"

# An entrypoint takes no argument of the build, so each service has a stage of its own.
FROM scratch AS api-gateway
ENTRYPOINT ["/api-gateway"]

FROM scratch AS order-service
ENTRYPOINT ["/order-service"]

FROM scratch AS probe
ENTRYPOINT ["/probe"]

FROM scratch AS user-service
ENTRYPOINT ["/user-service"]

FROM ${SERVICE}
ARG SERVICE
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="${SERVICE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /out/ /
# Nobody. Nothing is written, so the root may be read-only: docker run --read-only.
USER 65532:65532
