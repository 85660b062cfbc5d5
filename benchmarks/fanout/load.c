/* The load: clients that talk and listen in one epoll loop, and check every byte that they hear.

   load PORT DIALECT CLIENTS SLOW      DIALECT: chat, irc or websocket; the last SLOW clients never read

It obeys lines on its standard input and answers each with one line of NAME VALUE pairs:

   join                                everybody joins; over when all who read know all
   flow SENDERS IN_FLIGHT SECONDS      a message is in flight until all have heard it, and then the next one goes
   paced SENDERS RATE SECONDS          RATE deliveries a second, sent by the clock; latency counts from the due time

How so much is checked so fast: what a listener hears first is read line by line and kept in a log. The others ought to
hear the same bytes, so theirs are compared with the log at one go. Who hears another order is read line by line. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    TEXT = 64,           /* bytes of a message */
    MAX_CLIENTS = 10000, /* names are u0000 to u9999 */
    NAME = 5,
    MAX_MESSAGES = 1 << 21,
    CONNECTING = 512,  /* at most that many are not greeted yet: more than that some backlogs do not hold, */
    CONNECTING_IRC = 8, /* ngircd's holds ten; what does not fit is sent again after a second */
    READ_SIZE = 1 << 20,
    STEPS = 32, /* of the histogram, between a latency and its double */
};
static const double WARM_UP = 0.3, PATIENCE = 3.0; /* seconds */

enum dialect { CHAT, IRC, WEBSOCKET };
static enum dialect dialect;

struct client {
    int fd, is_slow, is_up, own_order;
    size_t place;  /* in the log: up to here its bytes are the same */
    int line;      /* of the log: the first that it has not heard whole */
    char *rest;    /* a line that is not whole yet, of one who does not follow the log */
    size_t rest_size;
    int *next;     /* for each sender, which of its messages is to come */
    int *heard, heard_count; /* messages in its own order */
    unsigned char known[MAX_CLIENTS / 8];
    int known_count;
    char out[4096]; /* what it says in one pass */
    size_t out_size;
};

static struct client *clients;
static int client_count, slow_count, sender_count, poll_fd, port, up_count, knowing_count;
static double slow_cut_at;
static int slow_cut_count;

static char *log_bytes;
static size_t log_size, log_room, log_parsed;
static size_t *line_end; /* in the log */
static int *line_message, line_count;
static int *log_next;    /* for each sender */

static int *sent_by, *number_of, *missing; /* of a message: its sender, which of that one it is, how many do not have it */
static double *due;
static int sent_count, complete_count, *sent_of, *in_flight_of;
static long deliveries, wrong, disorder, histogram[64 * STEPS];
static int is_measuring, is_flowing;
static double measured_from; /* what was due before that does not count */
static double now;

static double clock_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void *room_for(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (!memory) abort();
    return memory;
}

/* ---- what is said ---- */

static void say(struct client *c, const char *data, size_t size) {
    while (size) {
        ssize_t sent = send(c->fd, data, size, MSG_NOSIGNAL);
        if (sent <= 0) return; /* it was cut off; what is missing then is counted */
        data += sent;
        size -= sent;
    }
}

static void say_line(struct client *c, const char *line) {
    char frame[256];
    size_t size = strlen(line);
    if (dialect != WEBSOCKET) {
        say(c, line, size);
        return;
    }
    char mask[4] = {1, 2, 3, 4}, *end = frame;
    *end++ = (char)0x81; /* a whole text message; the line goes without its LF */
    *end++ = (char)(0x80 | --size);
    end = mempcpy(end, mask, 4);
    for (size_t i = 0; i < size; i++) *end++ = line[i] ^ mask[i % 4];
    say(c, frame, end - frame);
}

static void write_text(char *to, int message) {
    char digits[12];
    memset(to, 'x', TEXT);
    snprintf(digits, sizeof digits, "%010d", message);
    memcpy(to, digits, 10);
    to[10] = ' ';
    to[TEXT] = 0;
}

static void send_message(int sender, double when) {
    char text[TEXT + 1], line[TEXT + 64];
    if (sent_count == MAX_MESSAGES) return;
    int message = sent_count++;
    sent_by[message] = sender;
    number_of[message] = sent_of[sender]++;
    missing[message] = client_count - slow_count - 1;
    due[message] = when;
    in_flight_of[sender]++;
    write_text(text, message);
    sprintf(line, dialect == IRC ? "PRIVMSG #r :%s\r\n" : "SAY %s\n", text);
    struct client *c = clients + sender;
    size_t size = strlen(line);
    if (dialect == WEBSOCKET) {
        say_line(c, line);
        return;
    }
    if (c->out_size + size > sizeof c->out) {
        say(c, c->out, c->out_size);
        c->out_size = 0;
    }
    memcpy(c->out + c->out_size, line, size);
    c->out_size += size;
}

static void flush_senders(void) {
    for (struct client *c = clients; c < clients + sender_count; c++) {
        say(c, c->out, c->out_size);
        c->out_size = 0;
    }
}

static void introduce(struct client *c) {
    char line[128];
    int id = c - clients;
    if (dialect == IRC)
        sprintf(line, "NICK u%04d\r\nUSER u 0 * :u\r\nJOIN #r\r\n", id);
    else
        sprintf(line, "JOIN u%04d\n", id);
    say_line(c, line);
}

/* ---- what is heard ---- */

/* Give the size of the first line or frame, 0 if it is not whole, and where its words are. */
static size_t unit(const char *data, size_t size, const char **words, size_t *words_size) {
    if (dialect != WEBSOCKET) {
        const char *lf = memchr(data, '\n', size);
        *words = data;
        *words_size = lf ? lf - data : 0;
        return lf ? lf - data + 1 : 0;
    }
    size_t head = 2, length;
    if (size < 2) return 0;
    if ((length = data[1] & 127) == 126) {
        if (size < (head = 4)) return 0;
        length = (unsigned char)data[2] << 8 | (unsigned char)data[3];
    }
    *words = data + head;
    *words_size = length;
    return size < head + length ? 0 : head + length;
}

static int number(const char *digits, int count) {
    int value = 0;
    while (count--) value = value * 10 + *digits++ - '0';
    return value;
}

static void learn(struct client *c, const char *name) { /* u1234 */
    int id = number(name + 1, NAME - 1), bit = 1 << id % 8;
    if (id < 0 || id >= client_count || c->known[id / 8] & bit) return;
    c->known[id / 8] |= bit;
    if (++c->known_count == client_count && !c->is_slow) knowing_count++;
}

static void learn_list(struct client *c, const char *names, const char *end) {
    for (; names + NAME <= end; names++)
        if (*names == 'u') {
            learn(c, names);
            names += NAME;
        }
}

/* Give the message that the words tell, or -1. */
static int message_in(const char *words, size_t size, int *sender, const char **text) {
    if (dialect == IRC) {
        const char *mark = memmem(words, size, " PRIVMSG #r :", 13);
        if (!mark || size < NAME + 1) return -1;
        *sender = number(words + 2, NAME - 1);
        *text = mark + 13;
        size -= size && words[size - 1] == '\r';
    } else {
        if (size < 11 || memcmp(words, "SAID ", 5)) return -1;
        *sender = number(words + 6, NAME - 1);
        *text = words + 11;
    }
    return *text + TEXT == words + size ? number(*text, 10) : -1;
}

static void greet_or_learn(struct client *c, const char *words, size_t size) {
    const char *end = words + size, *list;
    if (!c->is_up) {
        c->is_up = 1;
        up_count++;
    }
    if (dialect == IRC) {
        if ((list = memmem(words, size, " 353 ", 5)) && (list = memmem(list, end - list, " :", 2)))
            learn_list(c, list + 2, end);
        else if (memmem(words, size, " JOIN :#r", 9) || memmem(words, size, " JOIN #r", 8))
            learn(c, words + 1);
    } else if (size > 6 && !memcmp(words, "USERS ", 6) && (list = memchr(words + 6, ' ', size - 6)))
        learn_list(c, list + 1, end);
    else if (size == 7 + NAME && !memcmp(words, "JOINED ", 7))
        learn(c, words + 7);
}

static void delivered(int message) {
    if (is_measuring && due[message] >= measured_from) {
        deliveries++;
        double taken = (now - due[message]) * 1e6; /* microseconds */
        int step = 0;
        if (taken > 1) step = (int)((63 - __builtin_clzll((unsigned long long)taken)) * STEPS);
        if (taken > 1) step += (int)((taken / (1ULL << step / STEPS) - 1) * STEPS);
        histogram[step]++;
    }
    if (!--missing[message]) {
        complete_count++;
        in_flight_of[sent_by[message]]--;
    }
}

/* Check one line against what has to come next; give its message, or -1 for another kind of line. */
static int check(const char *words, size_t size, int *next) {
    char expected[TEXT + 1];
    const char *text;
    int sender, message = message_in(words, size, &sender, &text);
    if (message < 0) return -1;
    write_text(expected, message);
    if (sender < 0 || sender >= sender_count || message >= sent_count || sent_by[message] != sender ||
        memcmp(text, expected, TEXT)) {
        wrong++;
        return -1;
    }
    if (number_of[message] != next[sender]) disorder++; /* lost, twice, or too early */
    next[sender] = number_of[message] + 1;
    return message;
}

static void read_log(void) {
    const char *words;
    size_t words_size, size;
    while ((size = unit(log_bytes + log_parsed, log_size - log_parsed, &words, &words_size))) {
        log_parsed += size;
        line_end[line_count] = log_parsed;
        line_message[line_count++] = check(words, words_size, log_next);
    }
}

static void hear_alone(struct client *c, const char *data, size_t size) {
    const char *words;
    size_t words_size, taken, whole = c->rest_size + size;
    char *all = c->rest ? realloc(c->rest, whole) : NULL;
    if (all) memcpy(all + c->rest_size, data, size);
    const char *at = all ? all : data, *end = at + whole;
    for (; (taken = unit(at, end - at, &words, &words_size)); at += taken) {
        if (!is_flowing) {
            greet_or_learn(c, words, words_size);
            continue;
        }
        int message = check(words, words_size, c->next);
        if (message < 0) continue;
        c->heard[c->heard_count++] = message;
        delivered(message);
    }
    c->rest = NULL;
    if ((c->rest_size = end - at)) c->rest = memcpy(room_for(1, c->rest_size), at, c->rest_size);
    free(all);
}

/* From here on this one is read line by line. */
static void leave_log(struct client *c) {
    size_t start = c->line ? line_end[c->line - 1] : 0;
    c->own_order = 1;
    c->next = room_for(client_count, sizeof *c->next);
    c->heard = room_for(MAX_MESSAGES, sizeof *c->heard);
    for (int i = 0; i < c->line; i++)
        if (line_message[i] >= 0) {
            c->heard[c->heard_count++] = line_message[i];
            c->next[sent_by[line_message[i]]] = number_of[line_message[i]] + 1;
        }
    if ((c->rest_size = c->place - start)) c->rest = memcpy(room_for(1, c->rest_size), log_bytes + start, c->rest_size);
}

static void hear_with_log(struct client *c, const char *data, size_t size) {
    size_t same = log_size - c->place < size ? log_size - c->place : size;
    if (memcmp(log_bytes + c->place, data, same)) {
        leave_log(c);
        hear_alone(c, data, size);
        return;
    }
    if (size > same) {
        while (log_size + size > log_room) log_bytes = realloc(log_bytes, log_room *= 2);
        memcpy(log_bytes + log_size, data + same, size - same);
        log_size += size - same;
        read_log();
    }
    c->place += size;
    for (; c->line < line_count && line_end[c->line] <= c->place; c->line++)
        if (line_message[c->line] >= 0) delivered(line_message[c->line]);
}

static void hear(struct client *c) {
    static char data[READ_SIZE];
    ssize_t size = recv(c->fd, data, READ_SIZE, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return;
    now = clock_now();
    if (size <= 0) {
        epoll_ctl(poll_fd, EPOLL_CTL_DEL, c->fd, NULL);
        wrong++;
    } else if (is_flowing && !c->own_order)
        hear_with_log(c, data, size);
    else
        hear_alone(c, data, size);
}

static void hear_all(int patience_ms) {
    struct epoll_event events[512];
    int ready = epoll_wait(poll_fd, events, 512, patience_ms);
    now = clock_now();
    for (int i = 0; i < ready; i++) {
        struct client *c = clients + events[i].data.u32;
        if (!c->is_slow)
            hear(c);
        else {
            epoll_ctl(poll_fd, EPOLL_CTL_DEL, c->fd, NULL);
            slow_cut_at = now;
            slow_cut_count++;
        }
    }
}

/* ---- the commands ---- */

static void upgrade(struct client *c) {
    char line[1024];
    size_t size = 0;
    static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    say(c, request, sizeof request - 1);
    while (size < 4 || memcmp(line + size - 4, "\r\n\r\n", 4)) /* not one byte more: the rest is frames */
        if (size == sizeof line || recv(c->fd, line + size++, 1, 0) <= 0) exit(1);
}

static void connect_one(struct client *c) {
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (c->is_slow) { /* as from an Ethernet: on loopback, with segments of 64 KB, the system keeps megabytes for it */
        int small = 4096, mss = 1448;
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        setsockopt(c->fd, IPPROTO_TCP, TCP_MAXSEG, &mss, sizeof mss);
    }
    if (connect(c->fd, (struct sockaddr *)&there, sizeof there)) {
        perror("connect");
        exit(1);
    }
    if (dialect == WEBSOCKET) upgrade(c);
    introduce(c);
    struct epoll_event event = {.events = c->is_slow ? EPOLLRDHUP : EPOLLIN, .data.u32 = c - clients};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &event);
}

static void join_all(void) {
    double begin = clock_now(), last = begin;
    int connected = 0, progress = -1, most = dialect == IRC ? CONNECTING_IRC : CONNECTING;
    for (; knowing_count < client_count - slow_count && now - last < 30; now = clock_now()) {
        for (int burst = 0; connected < client_count && burst < 32; burst++) {
            if (connected - up_count >= most) break;
            struct client *c = clients + connected++;
            if ((c->is_slow = c - clients >= client_count - slow_count)) up_count++;
            connect_one(c);
        }
        hear_all(connected < client_count && connected - up_count < most ? 0 : 100);
        if (progress != connected + knowing_count) {
            progress = connected + knowing_count;
            last = now;
        }
    }
    printf("seconds %.4f knowing %d\n", clock_now() - begin, knowing_count);
}

static void begin_flow(int senders) {
    sender_count = senders;
    is_flowing = 1;
    log_size = log_parsed = 0;
    line_count = sent_count = complete_count = 0;
    deliveries = wrong = disorder = 0;
    memset(histogram, 0, sizeof histogram);
    memset(log_next, 0, client_count * sizeof *log_next);
    memset(sent_of, 0, client_count * sizeof *sent_of);
    memset(in_flight_of, 0, client_count * sizeof *in_flight_of);
    for (struct client *c = clients; c < clients + client_count - slow_count; c++) {
        free(c->next);
        free(c->heard);
        c->next = c->heard = NULL;
        c->place = c->line = c->own_order = c->heard_count = 0;
        if (c < clients + senders) leave_log(c); /* nobody hears what it says itself */
    }
}

/* Those who were read alone: did they hear the order of the log? */
static int in_another_order(void) {
    int others = 0;
    for (struct client *c = clients; c < clients + client_count - slow_count; c++) {
        int at = 0, line = 0;
        if (!c->own_order || !line_count) continue;
        for (; line < line_count && at < c->heard_count; line++)
            if (line_message[line] >= 0 && sent_by[line_message[line]] != c - clients)
                if (line_message[line] != c->heard[at++]) break;
        others += at < c->heard_count;
    }
    return others;
}

static double percentile(double share) {
    long sum = 0;
    for (int step = 0; step < 64 * STEPS; step++)
        if ((sum += histogram[step]) >= share * deliveries)
            return (1ULL << step / STEPS) * (1 + (step % STEPS + 0.5) / STEPS) * 1e-6;
    return 0;
}

static void end_flow(double begin, double seconds) {
    double last = clock_now();
    long before = -1, missed = 0;
    for (now = last; complete_count < sent_count && now - last < PATIENCE;) { /* what is on its way */
        hear_all(100);
        if (before != complete_count) last = now;
        before = complete_count;
    }
    for (int message = 0; message < sent_count; message++) missed += missing[message];
    printf("deliveries %ld seconds %.4f per_second %.0f p50 %.6f p99 %.6f messages %d missing %ld wrong %ld disorder %ld "
           "other_order %d slow_cut %d slow_cut_after %.3f\n",
           deliveries, seconds, deliveries / seconds, percentile(0.5), percentile(0.99), sent_count, missed, wrong,
           disorder, in_another_order(), slow_cut_count, slow_cut_count ? slow_cut_at - begin : 0.0);
    is_flowing = is_measuring = 0;
}

static void flow(int senders, int in_flight, double length) {
    double begin = now = clock_now(), started = 0, last = begin;
    int before = 0;
    begin_flow(senders);
    measured_from = 0; /* all that is heard in these seconds, and at least something */
    while ((now < begin + WARM_UP + length || !deliveries) && now - last < PATIENCE) {
        for (int sender = 0; sender < senders; sender++)
            while (in_flight_of[sender] < in_flight / senders && sent_count < MAX_MESSAGES) send_message(sender, now);
        flush_senders();
        hear_all(100);
        if (before != complete_count) last = now;
        before = complete_count;
        if (!is_measuring && now >= begin + WARM_UP) {
            is_measuring = 1;
            started = now;
        }
    }
    double seconds = clock_now() - started;
    is_measuring = 0;
    end_flow(begin, seconds);
}

static void paced(int senders, double rate, double length) {
    double step = (client_count - slow_count - 1) / rate, begin = now = clock_now(), next = begin;
    begin_flow(senders);
    measured_from = begin + WARM_UP; /* all that is due in these seconds, whenever it is heard */
    is_measuring = 1;
    for (int sender = 0; now < begin + WARM_UP + length; sender = (sender + 1) % senders) {
        while (now < next) {
            hear_all(next - now > 0.0015 ? (int)((next - now) * 1000) : 0);
            now = clock_now();
        }
        send_message(sender, next);
        flush_senders();
        next += step;
    }
    end_flow(begin, length);
}

int main(int count, char **argument) {
    static const char *dialects[] = {"chat", "irc", "websocket"};
    char line[256];
    double first, second, third;
    struct rlimit files;
    if (count < 5) return 2;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    port = atoi(argument[1]);
    while (strcmp(dialects[dialect], argument[2])) dialect++;
    client_count = atoi(argument[3]);
    slow_count = atoi(argument[4]);
    if (client_count > MAX_CLIENTS) return 2;
    clients = room_for(client_count, sizeof *clients);
    log_bytes = room_for(1, log_room = 1 << 24);
    line_end = room_for(MAX_MESSAGES, sizeof *line_end);
    line_message = room_for(MAX_MESSAGES, sizeof *line_message);
    sent_by = room_for(MAX_MESSAGES, sizeof *sent_by);
    number_of = room_for(MAX_MESSAGES, sizeof *number_of);
    missing = room_for(MAX_MESSAGES, sizeof *missing);
    due = room_for(MAX_MESSAGES, sizeof *due);
    log_next = room_for(client_count, sizeof *log_next);
    sent_of = room_for(client_count, sizeof *sent_of);
    in_flight_of = room_for(client_count, sizeof *in_flight_of);
    poll_fd = epoll_create1(0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin)) {
        if (!strncmp(line, "join", 4)) join_all();
        if (sscanf(line, "flow %lf %lf %lf", &first, &second, &third) == 3) flow(first, second, third);
        if (sscanf(line, "paced %lf %lf %lf", &first, &second, &third) == 3) paced(first, second, third);
    }
    return 0;
}
