//! The trees of a model as an ONNX `TreeEnsembleClassifier`, run by tract.

use anyhow::Context;
use detection::Features;
use detection::model::{ModelFile, TreeFile};
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorShapeProto,
    TypeProto, ValueInfoProto, tensor_shape_proto, type_proto,
};
use tract_onnx::prelude::*;

/// A model that tract has taken in.
pub struct Onnx {
    model: TypedRunnableModel<TypedModel>,
    /// Where the model's columns are in a row of features.
    places: Vec<usize>,
}

impl Onnx {
    /// Hands the trees of `file` to tract.
    ///
    /// # Errors
    /// What tract refuses.
    pub fn new(file: &ModelFile) -> anyhow::Result<Self> {
        let proto = proto(file);
        let width = file.features.len();
        let model = tract_onnx::onnx()
            .model_for_proto_model(&proto)?
            .with_input_fact(0, f32::fact([1, width]).into())?
            .into_optimized()?
            .into_runnable()?;
        let places = file
            .features
            .iter()
            .filter_map(|name| Features::place(name))
            .collect();
        Ok(Self { model, places })
    }

    /// Log-odds of a row.
    ///
    /// # Errors
    /// What tract refuses.
    pub fn score(&self, row: &Features) -> anyhow::Result<f64> {
        let values: Vec<f32> = self
            .places
            .iter()
            .map(|place| row.values()[*place])
            .collect();
        let input = Tensor::from_shape(&[1, values.len()], &values)?;
        let output = self.model.run(tvec!(input.into()))?;
        let scores = output
            .get(1)
            .context("there is no second output")?
            .as_slice::<f32>()?;
        Ok(f64::from(*scores.last().context("no score")?))
    }
}

/// The columns of the operator's table of nodes and leaves.
#[derive(Default)]
struct Table {
    tree: Vec<i64>,
    node: Vec<i64>,
    feature: Vec<i64>,
    value: Vec<f32>,
    mode: Vec<Vec<u8>>,
    yes: Vec<i64>,
    no: Vec<i64>,
    missing: Vec<i64>,
    leaf_tree: Vec<i64>,
    leaf_node: Vec<i64>,
    leaf_weight: Vec<f32>,
}

impl Table {
    fn push(&mut self, number: i64, tree: &TreeFile) {
        let splits = tree.feature.len() as i64;
        let child = |child: i32| {
            if child >= 0 {
                i64::from(child)
            } else {
                splits + i64::from(!child)
            }
        };
        for split in 0..tree.feature.len() {
            let missing = i64::from(tree.missing_left[split]);
            let children = (child(tree.left[split]), child(tree.right[split]));
            let place = (number, split as i64);
            self.node(
                place,
                i64::from(tree.feature[split]),
                (tree.threshold[split], b"BRANCH_LEQ"),
                (children, missing),
            );
        }
        for (leaf, value) in tree.value.iter().enumerate() {
            let place = (number, splits + leaf as i64);
            self.node(place, 0, (0.0, b"LEAF"), ((0, 0), 0));
            self.leaf_tree.push(number);
            self.leaf_node.push(place.1);
            self.leaf_weight.push(*value);
        }
    }

    fn node(
        &mut self,
        place: (i64, i64),
        feature: i64,
        test: (f32, &[u8]),
        ((yes, no), missing): ((i64, i64), i64),
    ) {
        self.tree.push(place.0);
        self.node.push(place.1);
        self.feature.push(feature);
        self.value.push(test.0);
        self.mode.push(test.1.to_vec());
        self.yes.push(yes);
        self.no.push(no);
        self.missing.push(missing);
    }
}

fn proto(file: &ModelFile) -> ModelProto {
    let mut table = Table::default();
    for (number, tree) in (0i64..).zip(&file.trees) {
        table.push(number, tree);
    }
    // The base score as a tree of one leaf.
    let base = TreeFile {
        value: vec![file.base_score],
        ..TreeFile::default()
    };
    table.push(file.trees.len() as i64, &base);
    let leaves = table.leaf_tree.len();
    let node = NodeProto {
        op_type: "TreeEnsembleClassifier".to_owned(),
        domain: "ai.onnx.ml".to_owned(),
        name: "trees".to_owned(),
        input: vec!["features".to_owned()],
        output: vec!["label".to_owned(), "scores".to_owned()],
        attribute: vec![
            ints("nodes_treeids", table.tree),
            ints("nodes_nodeids", table.node),
            ints("nodes_featureids", table.feature),
            floats("nodes_values", table.value),
            strings("nodes_modes", table.mode),
            ints("nodes_truenodeids", table.yes),
            ints("nodes_falsenodeids", table.no),
            ints("nodes_missing_value_tracks_true", table.missing),
            ints("class_treeids", table.leaf_tree),
            ints("class_nodeids", table.leaf_node),
            ints("class_ids", vec![0; leaves]),
            floats("class_weights", table.leaf_weight),
            ints("classlabels_int64s", vec![0, 1]),
        ],
        ..NodeProto::default()
    };
    let graph = GraphProto {
        name: "trees".to_owned(),
        node: vec![node],
        input: vec![value("features", 1, file.features.len() as i64)],
        output: vec![value("label", 7, 1), value("scores", 1, 2)],
        ..GraphProto::default()
    };
    ModelProto {
        ir_version: 8,
        opset_import: vec![
            OperatorSetIdProto {
                domain: String::new(),
                version: 13,
            },
            OperatorSetIdProto {
                domain: "ai.onnx.ml".to_owned(),
                version: 1,
            },
        ],
        graph: Some(graph),
        ..ModelProto::default()
    }
}

fn value(name: &str, element: i32, width: i64) -> ValueInfoProto {
    let dimension = |size| tensor_shape_proto::Dimension {
        value: Some(tensor_shape_proto::dimension::Value::DimValue(size)),
        ..tensor_shape_proto::Dimension::default()
    };
    let tensor = type_proto::Tensor {
        elem_type: element,
        shape: Some(TensorShapeProto {
            dim: vec![dimension(1), dimension(width)],
        }),
    };
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::TensorType(tensor)),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: kind.into(),
        ..AttributeProto::default()
    }
}

fn ints(name: &str, ints: Vec<i64>) -> AttributeProto {
    AttributeProto {
        ints,
        ..attribute(name, AttributeType::Ints)
    }
}

fn floats(name: &str, floats: Vec<f32>) -> AttributeProto {
    AttributeProto {
        floats,
        ..attribute(name, AttributeType::Floats)
    }
}

fn strings(name: &str, strings: Vec<Vec<u8>>) -> AttributeProto {
    AttributeProto {
        strings,
        ..attribute(name, AttributeType::Strings)
    }
}
