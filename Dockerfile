# Two images from one build: `cordon` (the proxy and the reviewer's program) and `database` (PostgreSQL with the demonstration's CRM).
#
#   docker build --target cordon -t cordon .

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go build -trimpath -buildvcs=false -o /out/cordon ./cmd/cordon
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -o /out/cordon-audit ./cmd/cordon-audit
RUN /out/cordon demo --print-sql | gzip -9n > /out/crm.sql.gz

FROM postgres:15-bookworm AS database
COPY --from=build /out/crm.sql.gz /docker-entrypoint-initdb.d/

FROM debian:bookworm-slim AS cordon
RUN useradd --system --uid 6432 --home-dir /var/lib/cordon --create-home cordon
COPY --from=build /out/cordon /out/cordon-audit /usr/local/bin/
COPY examples/docker/cordon.yaml examples/policy.yaml /etc/cordon/
USER cordon
# The audit log and its key. Lose this volume and the log is lost; share it and the log can be forged.
VOLUME /var/lib/cordon
EXPOSE 6432 9464
ENTRYPOINT ["cordon"]
CMD ["serve", "--config", "/etc/cordon/cordon.yaml"]
