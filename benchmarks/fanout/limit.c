/* The limit: a chat/1 server of one thread and one epoll, with no rules, no names refused and no limits.

   limit PORT        what is pending for a receiver goes in one send, once all that came in is handled
   limit PORT each   one send for each message and receiver

   It is as fast as a server gets that makes one system call for each receiver. PORT 0: any; it prints the one it got. */

#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_CLIENTS = 20000, READ_SIZE = 65536, NAME_SIZE = 32, MAX_OUT = 1 << 20 };

struct client {
    int fd, joined, waits_for_space, is_dirty;
    char name[NAME_SIZE];
    char *rest, *out; /* a line that is not whole yet; what is pending */
    size_t rest_size, out_size, out_room;
};

static struct client *by_fd[MAX_CLIENTS], *joined[MAX_CLIENTS], *dirty[MAX_CLIENTS];
static int joined_count, dirty_count, poll_fd, send_each;

static void *or_die(void *memory) {
    if (!memory) abort();
    return memory;
}

static void watch(struct client *c, int operation, unsigned events) {
    struct epoll_event event = {.events = events, .data.fd = c->fd};
    epoll_ctl(poll_fd, operation, c->fd, &event);
}

static void flush_out(struct client *c) {
    ssize_t sent = c->out_size ? send(c->fd, c->out, c->out_size, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
    if (sent < 0) sent = errno == EAGAIN ? 0 : (ssize_t)c->out_size; /* a broken one is noticed when it is read */
    c->out_size -= sent;
    if (sent) memmove(c->out, c->out + sent, c->out_size);
    if (c->out_size > MAX_OUT) { /* too slow: the end is noticed when it is read */
        struct linger reset = {1, 0};
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        shutdown(c->fd, SHUT_RDWR);
        c->out_size = 0;
    }
    if (!c->out_size) {
        free(c->out);
        c->out = NULL;
        c->out_room = 0;
    }
    if (c->waits_for_space != (c->out_size > 0)) {
        c->waits_for_space = c->out_size > 0;
        watch(c, EPOLL_CTL_MOD, c->waits_for_space ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }
}

static void give(struct client *c, const char *data, size_t size) {
    if (c->out_size + size > c->out_room) {
        c->out_room = (c->out_size + size) * 2;
        c->out = or_die(realloc(c->out, c->out_room));
    }
    memcpy(c->out + c->out_size, data, size);
    c->out_size += size;
    if (send_each)
        flush_out(c);
    else if (!c->is_dirty) {
        c->is_dirty = 1;
        dirty[dirty_count++] = c;
    }
}

static void give_all(const char *data, size_t size, struct client *but) {
    for (int i = 0; i < joined_count; i++)
        if (joined[i] != but) give(joined[i], data, size);
}

static void join(struct client *c, const char *name, size_t size) {
    char line[NAME_SIZE + 64], *list = or_die(malloc(64 + (size_t)(joined_count + 1) * NAME_SIZE));
    snprintf(c->name, sizeof c->name, "%.*s", (int)size, name);
    give_all(line, sprintf(line, "JOINED %s\n", c->name), NULL);
    c->joined = 1;
    joined[joined_count++] = c;
    give(c, line, sprintf(line, "WELCOME %s\n", c->name));
    char *end = list + sprintf(list, "USERS %d", joined_count);
    for (int i = 0; i < joined_count; i++) {
        *end++ = ' ';
        end = stpcpy(end, joined[i]->name);
    }
    *end++ = '\n';
    give(c, list, end - list);
    free(list);
}

static void obey(struct client *c, const char *line, size_t size) {
    static char said[READ_SIZE + NAME_SIZE + 64];
    if (size > 5 && !memcmp(line, "JOIN ", 5) && !c->joined)
        join(c, line + 5, size - 5);
    else if (size > 4 && !memcmp(line, "SAY ", 4) && c->joined) {
        char *end = stpcpy(stpcpy(stpcpy(said, "SAID "), c->name), " ");
        end = mempcpy(end, line + 4, size - 4);
        *end++ = '\n';
        give_all(said, end - said, c);
    }
}

static void leave(struct client *c) {
    char line[NAME_SIZE + 64];
    for (int i = 0; i < joined_count; i++)
        if (joined[i] == c) {
            memmove(joined + i, joined + i + 1, (--joined_count - i) * sizeof *joined);
            give_all(line, sprintf(line, "LEFT %s\n", c->name), NULL);
        }
    for (int i = 0; i < dirty_count; i++)
        if (dirty[i] == c) dirty[i] = dirty[--dirty_count];
    by_fd[c->fd] = NULL;
    close(c->fd);
    free(c->out);
    free(c->rest);
    free(c);
}

static void hear(struct client *c) {
    static char data[READ_SIZE * 2];
    memcpy(data, c->rest, c->rest_size);
    ssize_t size = recv(c->fd, data + c->rest_size, READ_SIZE, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0 || c->rest_size + size > READ_SIZE) {
        leave(c);
        return;
    }
    char *line = data, *end = data + c->rest_size + size, *lf;
    for (; (lf = memchr(line, '\n', end - line)); line = lf + 1) obey(c, line, lf - line);
    free(c->rest);
    c->rest = NULL;
    if ((c->rest_size = end - line)) c->rest = memcpy(or_die(malloc(c->rest_size)), line, c->rest_size);
}

static void greet(int listener) {
    static const char hello[] = "HELLO chat/1 the limit\n";
    for (int fd, on = 1; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        if (fd >= MAX_CLIENTS) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct client *c = by_fd[fd] = or_die(calloc(1, sizeof *c));
        c->fd = fd;
        watch(c, EPOLL_CTL_ADD, EPOLLIN);
        give(c, hello, sizeof hello - 1);
    }
}

static int listen_on(int port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof here;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&here, size) || listen(listener, 4096)) {
        perror("limit");
        exit(1);
    }
    getsockname(listener, (struct sockaddr *)&here, &size);
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    return listener;
}

int main(int count, char **argument) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    send_each = count > 2;
    poll_fd = epoll_create1(0);
    int listener = listen_on(atoi(argument[1]));
    struct epoll_event events[1024], event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(poll_fd, events, 1024, -1);
        for (int i = 0; i < ready; i++) {
            struct client *c = by_fd[events[i].data.fd];
            if (events[i].data.fd == listener)
                greet(listener);
            else if (c && events[i].events & EPOLLOUT)
                flush_out(c);
            else if (c)
                hear(c);
        }
        for (int i = 0; i < dirty_count; i++) {
            dirty[i]->is_dirty = 0;
            flush_out(dirty[i]);
        }
        dirty_count = 0;
    }
}
