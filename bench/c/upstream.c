// The provider of the benchmark: answers chat calls from one thread, so fast that it is never what is measured.
//
//   upstream PORT CHUNKS INTERVAL_US
//
// A plain call gets a 2 KB answer at once; with the model "bench-slow" it waits 200 ms first. A call with
// "stream":true gets CHUNKS events, one write each, INTERVAL_US apart, then finish, usage and the end in one write.
// The path decides in which format the story is told: POST /v1/messages as an Anthropic message, else an OpenAI chat.
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

enum { MAX_REQUEST = 1 << 20, MAX_ACTIVE = 65536, BATCH = 256, SLOW_US = 200000 };

enum phase { READING, WAITING, STREAMING };

struct text {
    char bytes[8192];
    size_t len;
};

// The same answer in one wire format: plain, and as a stream.
struct story {
    struct text plain, stream_head, chunk, stream_tail;
};

struct conn {
    int fd;
    enum phase phase;
    const struct story *story;
    char *in;
    size_t in_len, in_cap;
    char *out;  // what the socket would not take yet
    size_t out_len;
    int sent_chunks;
    int64_t due_us;
    int slot;  // index in `active`, or -1
};

static struct story chat, message;
static struct conn *active[MAX_ACTIVE];
static int active_count, poller, chunks_per_stream;
static int64_t interval_us;

static int64_t now_us(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000LL + at.tv_nsec / 1000;
}

static void set_active(struct conn *c, int64_t due_us) {
    c->due_us = due_us;
    if (c->slot < 0 && active_count < MAX_ACTIVE) {
        c->slot = active_count;
        active[active_count++] = c;
    }
}

static void set_idle(struct conn *c) {
    if (c->slot < 0) return;
    active[c->slot] = active[--active_count];
    active[c->slot]->slot = c->slot;
    c->slot = -1;
}

static void close_conn(struct conn *c) {
    set_idle(c);
    close(c->fd);
    free(c->in);
    free(c->out);
    free(c);
}

static void watch(struct conn *c, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
}

// False when the peer is gone. What does not fit is kept, and nothing more is produced until it went out.
static bool put(struct conn *c, const char *bytes, size_t len) {
    if (!c->out_len) {
        ssize_t sent = send(c->fd, bytes, len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return false;
        if (sent > 0) bytes += sent, len -= (size_t)sent;
        if (!len) return true;
    }
    c->out = realloc(c->out, c->out_len + len);
    memcpy(c->out + c->out_len, bytes, len);
    c->out_len += len;
    watch(c, EPOLLIN | EPOLLOUT);
    return true;
}

static bool flush(struct conn *c) {
    ssize_t sent = send(c->fd, c->out, c->out_len, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN;
    c->out_len -= (size_t)sent;
    memmove(c->out, c->out + sent, c->out_len);
    if (!c->out_len) watch(c, EPOLLIN);
    return true;
}

static bool has(const char *bytes, size_t len, const char *word) { return memmem(bytes, len, word, strlen(word)); }

static bool starts_with(struct conn *c, const char *word) {
    return c->in_len >= strlen(word) && !memcmp(c->in, word, strlen(word));
}

// Length of the first whole request in the buffer; 0 while it is not whole, -1 if it never can be.
static ssize_t request_len(struct conn *c, size_t *head_len) {
    char *end = memmem(c->in, c->in_len, "\r\n\r\n", 4);
    if (!end) return c->in_len < 65536 ? 0 : -1;
    *end = 0;
    char *field = strcasestr(c->in, "\r\ncontent-length:");
    size_t body_len = field ? strtoul(field + 17, NULL, 10) : 0;
    *end = '\r';
    *head_len = (size_t)(end - c->in) + 4;
    if (body_len > MAX_REQUEST) return -1;
    return c->in_len < *head_len + body_len ? 0 : (ssize_t)(*head_len + body_len);
}

static bool answer(struct conn *c, const char *body, size_t len) {
    if (has(body, len, "\"stream\":true") || has(body, len, "\"stream\": true")) {
        c->phase = STREAMING;
        c->sent_chunks = 0;
        set_active(c, now_us());
        return put(c, c->story->stream_head.bytes, c->story->stream_head.len);
    }
    if (has(body, len, "bench-slow\"")) {
        c->phase = WAITING;
        set_active(c, now_us() + SLOW_US);
        return true;
    }
    return put(c, c->story->plain.bytes, c->story->plain.len);
}

static bool serve(struct conn *c) {
    while (c->phase == READING && c->in_len) {
        size_t head_len = 0;
        ssize_t len = request_len(c, &head_len);
        if (len <= 0) return len == 0;
        c->story = starts_with(c, "POST /v1/messages") ? &message : &chat;
        if (!answer(c, c->in + head_len, (size_t)len - head_len)) return false;
        c->in_len -= (size_t)len;
        memmove(c->in, c->in + len, c->in_len);
    }
    return true;
}

static bool receive(struct conn *c) {
    if (c->in_len == c->in_cap) {
        if (c->in_cap > 2 * MAX_REQUEST) return false;
        c->in = realloc(c->in, c->in_cap *= 2);
    }
    ssize_t got = recv(c->fd, c->in + c->in_len, c->in_cap - c->in_len, 0);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    c->in_len += (size_t)got;
    return serve(c);
}

// The next thing that an active connection owes its caller.
static bool advance(struct conn *c) {
    if (c->phase == STREAMING && c->sent_chunks < chunks_per_stream) {
        c->sent_chunks++;
        c->due_us += interval_us;
        return put(c, c->story->chunk.bytes, c->story->chunk.len);
    }
    const struct text *last = c->phase == STREAMING ? &c->story->stream_tail : &c->story->plain;
    c->phase = READING;
    set_idle(c);
    return put(c, last->bytes, last->len) && serve(c);
}

static int64_t run_due(void) {
    int64_t now = now_us(), next = now + 1000000;
    for (int at = active_count - 1; at >= 0; at--) {
        if (at >= active_count) continue;
        struct conn *c = active[at];
        if (!c->out_len && c->due_us <= now && !advance(c)) {
            close_conn(c);
        } else if (c->slot >= 0 && !c->out_len && c->due_us < next) {
            next = c->due_us;
        }
    }
    return next;
}

static void add_chunk(struct text *to, const char *format, const char *name, const char *json) {
    char event[2048];
    int len = snprintf(event, sizeof event, format, name, json);
    to->len += (size_t)snprintf(to->bytes + to->len, sizeof to->bytes - to->len, "%x\r\n%s\r\n", len, event);
}

static void add_event(struct text *to, const char *json) { add_chunk(to, "%sdata: %s\n\n", "", json); }

static void add_named_event(struct text *to, const char *name, const char *json) {
    add_chunk(to, "event: %s\ndata: %s\n\n", name, json);
}

static void set_plain(struct story *of, const char *body) {
    struct text *to = &of->plain;
    to->len = (size_t)snprintf(to->bytes, sizeof to->bytes,
                               "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                               strlen(body), body);
}

static void begin_stream(struct story *of) {
    struct text *to = &of->stream_head;
    to->len = (size_t)snprintf(to->bytes, sizeof to->bytes,
                               "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n");
}

static void end_stream(struct story *of) {
    struct text *to = &of->stream_tail;
    to->len += (size_t)snprintf(to->bytes + to->len, 16, "0\r\n\r\n");
}

#define EVENT "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"bench\","
#define USAGE "\"usage\":{\"prompt_tokens\":420,\"completion_tokens\":50,\"total_tokens\":470}"

static void prepare_chat(const char *words) {
    char body[4096];
    snprintf(body, sizeof body,
             "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1760000000,\"model\":\"bench\","
             "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"%s\",\"refusal\":null},"
             "\"logprobs\":null,\"finish_reason\":\"stop\"}]," USAGE ",\"system_fingerprint\":\"fp_bench\"}", words);
    set_plain(&chat, body);
    begin_stream(&chat);
    add_event(&chat.chunk, EVENT "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\" word\"},\"finish_reason\":null}]}");
    add_event(&chat.stream_tail, EVENT "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");
    add_event(&chat.stream_tail, EVENT "\"choices\":[]," USAGE "}");
    add_event(&chat.stream_tail, "[DONE]");
    end_stream(&chat);
}

#define MESSAGE "{\"id\":\"msg_bench\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"bench\","

static void prepare_message(const char *words) {
    char body[4096];
    snprintf(body, sizeof body,
             MESSAGE "\"content\":[{\"type\":\"text\",\"text\":\"%s\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,"
                     "\"usage\":{\"input_tokens\":420,\"output_tokens\":50}}", words);
    set_plain(&message, body);
    begin_stream(&message);
    add_named_event(&message.stream_head, "message_start",
                    "{\"type\":\"message_start\",\"message\":" MESSAGE "\"content\":[],\"stop_reason\":null,"
                    "\"stop_sequence\":null,\"usage\":{\"input_tokens\":420,\"output_tokens\":1}}}");
    add_named_event(&message.stream_head, "content_block_start",
                    "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}");
    add_named_event(&message.chunk, "content_block_delta",
                    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" word\"}}");
    add_named_event(&message.stream_tail, "content_block_stop", "{\"type\":\"content_block_stop\",\"index\":0}");
    add_named_event(&message.stream_tail, "message_delta",
                    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},"
                    "\"usage\":{\"output_tokens\":50}}");
    add_named_event(&message.stream_tail, "message_stop", "{\"type\":\"message_stop\"}");
    end_stream(&message);
}

static void prepare(void) {
    char words[1600] = "";
    while (strlen(words) < 1500) strcat(words, "A gateway passes on what it was given, and counts it. ");
    prepare_chat(words);
    prepare_message(words);
}

static int listen_on(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4096)) {
        perror("upstream: cannot listen");
        exit(1);
    }
    return fd;
}

static void accept_all(int listener) {
    int fd, on = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct conn *c = calloc(1, sizeof *c);
        *c = (struct conn){.fd = fd, .slot = -1, .in_cap = 65536, .in = malloc(65536)};
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    }
}

int main(int argc, char **argv) {
    if (argc != 4) return fprintf(stderr, "usage: upstream PORT CHUNKS INTERVAL_US\n"), 2;
    chunks_per_stream = atoi(argv[2]);
    interval_us = atoll(argv[3]);
    prepare();
    poller = epoll_create1(0);
    int listener = listen_on(atoi(argv[1]));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, ready[BATCH];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int64_t wait_us = run_due() - now_us();
        struct timespec timeout = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
        if (wait_us <= 0) timeout = (struct timespec){0};
        int count = epoll_pwait2(poller, ready, BATCH, &timeout, NULL);
        for (int at = 0; at < count; at++) {
            struct conn *c = ready[at].data.ptr;
            if (!c) {
                accept_all(listener);
                continue;
            }
            bool alive = !(ready[at].events & EPOLLOUT) || flush(c);
            if (alive && ready[at].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) alive = receive(c);
            if (!alive) close_conn(c);
        }
    }
}
