#include "tests/torture/tcp_proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "fmt/format.h"

namespace realise::torture {
namespace {

constexpr size_t kPendingMax = 256 * 1024;
// How soon Hold, Pass and Reset are noticed.
constexpr int kPollMs = 10;

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

int NewSocket() { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

void SetNoDelay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOTCONN; }

}  // namespace

absl::StatusOr<std::unique_ptr<TcpProxy>> TcpProxy::Open(int listen_port, int target_port) {
  const int listening = NewSocket();
  const int on = 1;
  setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const sockaddr_in address = Loopback(listen_port);
  if (bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listening, SOMAXCONN) != 0) {
    close(listening);
    return absl::UnavailableError(fmt::format("cannot listen at port {}", listen_port));
  }
  std::unique_ptr<TcpProxy> proxy(new TcpProxy(listening, target_port));
  proxy->thread_ = std::thread([running = proxy.get()] { running->Run(); });
  return proxy;
}

TcpProxy::~TcpProxy() {
  stopping_ = true;
  thread_.join();
  for (const Wire& wire : wires_) Close(wire);
  close(listening_);
}

void TcpProxy::Close(const Wire& wire) {
  close(wire.there.from);
  close(wire.back.from);
}

void TcpProxy::Accept() {
  const int client = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return;
  const int server = NewSocket();
  const sockaddr_in address = Loopback(target_port_);
  if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
      errno != EINPROGRESS) {
    close(server);
    close(client);
    return;
  }
  SetNoDelay(client);
  SetNoDelay(server);
  Wire& wire = wires_.emplace_back();
  wire.there = {client, server, {}, false};
  wire.back = {server, client, {}, false};
}

bool TcpProxy::Move(Pipe& pipe) {
  std::array<char, 64 * 1024> buffer{};
  while (!pipe.ended && pipe.pending.size() < kPendingMax) {
    const ssize_t got = recv(pipe.from, buffer.data(), buffer.size(), 0);
    if (got < 0 && WouldBlock()) break;
    if (got < 0) return false;
    pipe.ended = got == 0;
    pipe.pending.append(buffer.data(), static_cast<size_t>(got));
  }
  if (!pipe.pending.empty()) {
    const ssize_t sent = send(pipe.to, pipe.pending.data(), pipe.pending.size(), MSG_NOSIGNAL);
    if (sent < 0 && !WouldBlock()) return false;
    if (sent > 0) pipe.pending.erase(0, static_cast<size_t>(sent));
  }
  return !(pipe.ended && pipe.pending.empty());
}

void TcpProxy::Run() {
  while (!stopping_) {
    const bool holding = holding_;
    std::vector<pollfd> fds = {{listening_, static_cast<short>(holding ? 0 : POLLIN), 0}};
    for (const Wire& wire : wires_) {
      for (const Pipe* pipe : {&wire.there, &wire.back}) {
        const Pipe& other = pipe == &wire.there ? wire.back : wire.there;
        int events = pipe->pending.size() < kPendingMax ? POLLIN : 0;
        if (!other.pending.empty()) events |= POLLOUT;
        fds.push_back({holding ? -1 : pipe->from, static_cast<short>(events), 0});
      }
    }
    if (poll(fds.data(), fds.size(), kPollMs) < 0 && errno != EINTR) return;
    if (reset_due_.exchange(false)) {
      for (const Wire& wire : wires_) Close(wire);
      wires_.clear();
    }
    if (holding_) continue;
    if ((fds[0].revents & POLLIN) != 0) Accept();
    wires_.remove_if([this](Wire& wire) {
      if (Move(wire.there) && Move(wire.back)) return false;
      Close(wire);
      return true;
    });
  }
}

}  // namespace realise::torture
