// An operator as ONNX Runtime sees it: ports, shapes, kernels. One object per operator and element type.
#pragma once

#include <onnxruntime_c_api.h>

#include <memory>
#include <vector>

#include "registration/kernel.h"
#include "registration/kernel_context.h"
#include "registration/node_attributes.h"
#include "registration/port.h"
#include "registration/shape_context.h"

namespace edgefleet {

class OperatorDefinition : public OrtCustomOp {
 public:
  /// `provider` is null for the CPU.
  OperatorDefinition(const char* name, std::vector<Port> inputs, std::vector<Port> outputs, const char* provider = nullptr);
  virtual ~OperatorDefinition() = default;
  OperatorDefinition(const OperatorDefinition&) = delete;
  OperatorDefinition& operator=(const OperatorDefinition&) = delete;

  const char* name() const { return name_; }
  /// Null for the CPU.
  const char* provider() const { return provider_; }
  const std::vector<Port>& inputs() const { return inputs_; }
  const std::vector<Port>& outputs() const { return outputs_; }

  /// Reads the attributes and makes the kernel of one node; throws `OperatorError`.
  virtual std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const = 0;

  /// States what is known of the outputs' shapes.
  virtual void InferShapes(ShapeContext& context) const = 0;

 private:
  const char* name_;
  const char* provider_;
  std::vector<Port> inputs_;
  std::vector<Port> outputs_;
};

}  // namespace edgefleet
