//! The chain: seven stages in columns, the two lines in rows. On a narrow screen, one stage under the other.

use crate::lang::{say, tr};
use crate::shared::catalogue;
use domain::catalogue::{Line, Stage};
use leptos::prelude::*;

/// Draws the frame; `cell` fills what stands at a stage and line.
#[component]
pub fn Chain<F, V>(cell: F, #[prop(optional)] current: Option<String>) -> impl IntoView
where
    F: Fn(&Stage, Line) -> V + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let catalogue = catalogue();
    let stages = catalogue
        .stages
        .iter()
        .enumerate()
        .map(|(i, stage)| {
            let here = current.as_deref() == Some(stage.id.as_str());
            view! {
                <li class="chain-stage" class:chain-current=here aria-current=here.then_some("step")>
                    <h3 class="chain-head"><span class="chain-number">{i + 1}</span>{say(&stage.name)}</h3>
                    {Line::ALL
                        .into_iter()
                        .map(|line| {
                            view! {
                                <div class=format!("chain-cell chain-{}", line.code())>
                                    <span class="chain-line">{say(&line.name())}</span>
                                    {cell(stage, line)}
                                </div>
                            }
                        })
                        .collect_view()}
                </li>
            }
        })
        .collect_view();
    view! { <ol class="chain" aria-label=tr!(project.chain)>{stages}</ol> }
}
