// The callers of the benchmark: CONNECTIONS keep-alive connections in a closed loop, one thread, exact percentiles.
//
//   load PORT PATH BODY_FILE CONNECTIONS SECONDS [HEADER ...]
//
// When the time is over no new call starts, but those under way are waited for (at most 20 s), so that the CPU time of
// the gateway can be divided by the calls that caused it. Prints one JSON object.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_CAP = 16384, READ_CAP = 262144, BATCH = 256, MAX_ERRORS = 200 };
static const int64_t GRACE_NS = 20000000000LL;

enum part { HEAD, BODY, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER };

struct conn {
    int fd;
    bool busy;
    enum part part;
    char head[HEAD_CAP];
    size_t head_len;
    int status;
    int64_t left;  // bytes of the body or of the chunk still to come
    int line_len;  // of a trailer or chunk-size line so far
    bool is_stream, keep;
    int done_at, data_at;  // how much of "[DONE]" and of "\ndata:" has matched
    bool saw_done;
    int64_t began_ns, first_ns;
};

struct samples {
    uint32_t *micros;
    size_t len, cap;
};

static struct samples latency, first_byte;
static char *request;
static size_t request_len;
static int port, poller, in_flight;
static long answered, in_window, errors, events, reads;
static int64_t stop_ns;
static int last_bad_status;

static int64_t now_ns(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000000LL + at.tv_nsec;
}

static void record(struct samples *to, int64_t nanos) {
    if (to->len == to->cap) to->micros = realloc(to->micros, (to->cap = to->cap ? to->cap * 2 : 65536) * sizeof(uint32_t));
    to->micros[to->len++] = (uint32_t)(nanos / 1000);
}

static bool open_conn(struct conn *c) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address)) {
        close(c->fd);
        c->fd = -1;
        return false;
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
    return true;
}

static void close_conn(struct conn *c) {
    if (c->fd >= 0) close(c->fd);
    c->fd = -1;
}

static void fail(struct conn *c) {
    errors++;
    if (c->busy) in_flight--;
    c->busy = false;
    close_conn(c);
}

static void begin(struct conn *c) {
    if (c->fd < 0 && !open_conn(c)) {
        errors++;
        return;
    }
    c->part = HEAD;
    c->head_len = 0;
    c->saw_done = c->is_stream = false;
    c->done_at = 0;
    c->data_at = 1;  // the first line of a body counts as if a line break had preceded it
    c->first_ns = 0;
    c->began_ns = now_ns();
    c->busy = true;
    in_flight++;
    for (size_t sent = 0; sent < request_len;) {
        ssize_t n = send(c->fd, request + sent, request_len - sent, MSG_NOSIGNAL);
        if (n <= 0) {
            fail(c);
            return;
        }
        sent += (size_t)n;
    }
}

static void finish(struct conn *c) {
    int64_t now = now_ns();
    in_flight--;
    c->busy = false;
    if (c->status != 200 || (c->is_stream && !c->saw_done)) {
        errors++;
        last_bad_status = c->status;
    } else {
        answered++;
        record(&latency, now - c->began_ns);
        record(&first_byte, c->first_ns - c->began_ns);
        if (now <= stop_ns) in_window++;
    }
    if (!c->keep) close_conn(c);
    if (now < stop_ns && errors < MAX_ERRORS) begin(c);
}

static void look(struct conn *c, const char *bytes, size_t len) {
    static const char done[] = "[DONE]", data[] = "\ndata:";
    if (!c->is_stream) return;
    for (size_t at = 0; at < len; at++) {
        char byte = bytes[at];
        c->done_at = byte == done[c->done_at] ? c->done_at + 1 : byte == '[';
        c->data_at = byte == data[c->data_at] ? c->data_at + 1 : byte == '\n';
        if (c->done_at == 6) c->saw_done = true, c->done_at = 0;
        if (c->data_at == 6) events++, c->data_at = 0;
    }
}

// The head is whole: what follows it?
static void read_head(struct conn *c) {
    c->head[c->head_len] = 0;
    c->status = atoi(c->head + 9);
    c->is_stream = strcasestr(c->head, "\r\ncontent-type: text/event-stream");
    c->keep = !strcasestr(c->head, "\r\nconnection: close");
    char *length = strcasestr(c->head, "\r\ncontent-length:");
    bool chunked = strcasestr(c->head, "\r\ntransfer-encoding: chunked");
    c->part = chunked ? CHUNK_SIZE : BODY;
    c->left = length && !chunked ? atoll(length + 17) : 0;
    c->line_len = 0;
}

// Takes what it can of one piece; returns how much. `*whole` when the answer is complete.
static size_t take(struct conn *c, const char *bytes, size_t len, bool *whole) {
    if (c->part == BODY || c->part == CHUNK_DATA) {
        size_t used = (int64_t)len < c->left ? len : (size_t)c->left;
        look(c, bytes, used);
        c->left -= (int64_t)used;
        if (!c->left && c->part == BODY) *whole = true;
        if (!c->left && c->part == CHUNK_DATA) c->part = CHUNK_END;
        return used;
    }
    char byte = bytes[0];
    if (c->part == HEAD) {
        if (c->head_len + 1 < HEAD_CAP) c->head[c->head_len++] = byte;
        if (byte == '\n' && c->head_len >= 4 && !memcmp(c->head + c->head_len - 4, "\r\n\r\n", 4)) {
            read_head(c);
            *whole = c->part == BODY && !c->left;
        }
    } else if (c->part == CHUNK_SIZE) {
        if (byte == '\n') c->part = c->left ? CHUNK_DATA : TRAILER, c->line_len = 0;
        else if (byte != '\r') c->left = c->left * 16 + (byte <= '9' ? byte - '0' : (byte | 32) - 'a' + 10);
    } else if (c->part == CHUNK_END) {
        if (byte == '\n') c->part = CHUNK_SIZE, c->left = 0;
    } else if (byte == '\n') {
        *whole = !c->line_len;
        c->line_len = 0;
    } else if (byte != '\r') {
        c->line_len++;
    }
    return 1;
}

static void receive(struct conn *c) {
    static char bytes[READ_CAP];
    ssize_t got = recv(c->fd, bytes, sizeof bytes, 0);
    if (got <= 0) {
        if (c->busy) fail(c);
        else close_conn(c);
        return;
    }
    reads++;
    if (!c->first_ns) c->first_ns = now_ns();
    for (size_t at = 0; at < (size_t)got && c->busy;) {
        bool whole = false;
        at += take(c, bytes + at, (size_t)got - at, &whole);
        if (whole) {
            finish(c);
            return;
        }
    }
}

static int by_size(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static unsigned percentile(struct samples *of, double share) {
    return of->len ? of->micros[(size_t)(share * (double)(of->len - 1))] : 0;
}

static void build_request(const char *path, const char *body_file, char **headers, int header_count) {
    FILE *file = fopen(body_file, "rb");
    if (!file) {
        perror(body_file);
        exit(2);
    }
    char *body = malloc(1 << 20);
    size_t body_len = fread(body, 1, 1 << 20, file);
    fclose(file);
    request = malloc(body_len + 8192);
    int len = sprintf(request, "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n", path, port);
    for (int at = 0; at < header_count; at++) len += sprintf(request + len, "%s\r\n", headers[at]);
    len += sprintf(request + len, "Content-Length: %zu\r\n\r\n", body_len);
    memcpy(request + len, body, body_len);
    request_len = (size_t)len + body_len;
    free(body);
}

static void report(double seconds) {
    qsort(latency.micros, latency.len, sizeof(uint32_t), by_size);
    qsort(first_byte.micros, first_byte.len, sizeof(uint32_t), by_size);
    printf("{\"answered\":%ld,\"in_window\":%ld,\"errors\":%ld,\"unfinished\":%d,\"bad_status\":%d,\"events\":%ld,"
           "\"reads\":%ld,\"seconds\":%.6f,\"p50_us\":%u,\"p90_us\":%u,\"p99_us\":%u,\"max_us\":%u,"
           "\"first_p50_us\":%u,\"first_p99_us\":%u}\n",
           answered, in_window, errors, in_flight, last_bad_status, events, reads, seconds, percentile(&latency, .5),
           percentile(&latency, .9), percentile(&latency, .99), percentile(&latency, 1), percentile(&first_byte, .5),
           percentile(&first_byte, .99));
}

int main(int argc, char **argv) {
    if (argc < 6) return fprintf(stderr, "usage: load PORT PATH BODY_FILE CONNECTIONS SECONDS [HEADER ...]\n"), 2;
    port = atoi(argv[1]);
    int connections = atoi(argv[4]);
    double seconds = atof(argv[5]);
    build_request(argv[2], argv[3], argv + 6, argc - 6);
    poller = epoll_create1(0);
    stop_ns = now_ns() + (int64_t)(seconds * 1e9);
    struct conn *all = calloc((size_t)connections, sizeof *all);
    for (int at = 0; at < connections; at++) all[at].fd = -1, begin(&all[at]);
    struct epoll_event ready[BATCH];
    while (errors < MAX_ERRORS && (now_ns() < stop_ns || (in_flight && now_ns() < stop_ns + GRACE_NS))) {
        int count = epoll_wait(poller, ready, BATCH, 100);
        for (int at = 0; at < count; at++) receive(ready[at].data.ptr);
        for (int at = 0; at < connections; at++)
            if (!all[at].busy && now_ns() < stop_ns && errors < MAX_ERRORS) begin(&all[at]);
    }
    report(seconds);
    return 0;
}
