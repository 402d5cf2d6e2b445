// Device memory for the life of a node's kernel: numbers that start as zeros.
#pragma once

#include <cstddef>

#include "registration/node_attributes.h"

namespace edgefleet {

/// Taken from the session's arena while the kernel is made. All runs of a session follow each other on its stream, so that they may share it.
class DeviceCounters {
 public:
  DeviceCounters(const NodeAttributes& node, size_t count);
  ~DeviceCounters();
  DeviceCounters(const DeviceCounters&) = delete;
  DeviceCounters& operator=(const DeviceCounters&) = delete;

  unsigned* data() const { return data_; }

 private:
  OrtAllocator* allocator_ = nullptr;
  unsigned* data_ = nullptr;
};

}  // namespace edgefleet
