// commands.h - what devbroker is told on its standard input while it runs: errors that it is to answer requests with, for tests of who asks.
//
// A line is a command, and each is answered by one line on standard output, "ok" or the number asked for, or by "error: " and a sentence:
//
//   fail KEY CODE...   the next requests of Kafka's API KEY (a number, 0 is Produce), whoever sends them, are answered with these error codes, one each, in this
//                      order; 0 is none, so that one in between is answered well. -195 cuts the connection instead. They come behind those that are waiting.
//   left KEY           how many of them are still waiting
//   topic NAME CODE    what Metadata says of this topic from now on; 0 is that it is well
//
// Source of the numbers: https://kafka.apache.org/protocol. The mock of librdkafka 2.0.2 fails Produce 0, Fetch 1, ListOffsets 2, OffsetCommit 8, OffsetFetch 9,
// FindCoordinator 10, JoinGroup 11, Heartbeat 12, LeaveGroup 13, SyncGroup 14, ApiVersions 18 and InitProducerId 22. For others, Metadata 3 among them, errors stay
// waiting; hence the command topic.
#ifndef HOTLINE_DEVBROKER_COMMANDS_H
#define HOTLINE_DEVBROKER_COMMANDS_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

enum { COMMANDS_LINE_BYTES = 4096 };  // longer lines are refused

// Answers commands until stop_fd is readable. The end of the input is no reason to stop: then stop_fd alone is waited for.
void commands_run(rd_kafka_mock_cluster_t *cluster, int stop_fd);

#endif
